import Testing
import Training

/// How a byte is chosen.
@Suite struct ByteChoiceTests {
    /// z of all bytes: those given, the others far below.
    private func outputs(_ given: [Int: Float]) -> [Float] { (0..<256).map { given[$0] ?? -1000 } }

    private func counts(_ choice: ByteChoice, _ outputs: [Float], draws: Int) -> [UInt8: Int] {
        (0..<draws).reduce(into: [:]) { $0[choice.byte(outputs, position: $1), default: 0] += 1 }
    }

    @Test func withoutTemperatureTheLargestIsTaken() {
        let choice = ByteChoice(temperature: 0, topK: 256, seed: 1)
        #expect(choice.byte(outputs([7: 1, 65: 3, 200: 2]), position: 0) == 65)
        // The first of equals.
        #expect(choice.byte(outputs([200: 3, 65: 3, 7: 1]), position: 0) == 65)
        #expect(choice.byte(outputs([:]), position: 5) == 0)
        #expect(ByteChoice(temperature: 1, topK: 1, seed: 4).byte(outputs([7: 3, 65: 3.0001]), position: 9) == 65)
    }

    /// p = (1, 2, 3, 4)/10 from z = ln p: of 20,000 draws each within four standard deviations.
    @Test func bytesComeAsOftenAsTheirProbabilitySays() {
        let z: [Int: Float] = [3: 0, 60: 0.6931472, 100: 1.0986123, 255: 1.3862944]
        let all = counts(ByteChoice(temperature: 1, topK: 256, seed: 2), outputs(z), draws: 20_000)
        #expect(Set(all.keys) == [3, 60, 100, 255])
        for (byte, part) in [(3, 0.1), (60, 0.2), (100, 0.3), (255, 0.4)] as [(UInt8, Double)] {
            let deviation = (20_000 * part * (1 - part)).squareRoot()
            #expect(abs(Double(all[byte]!) - 20_000 * part) < 4 * deviation, "\(byte): \(all[byte]!)")
        }
        // Of the two largest, 3 : 4.
        let two = counts(ByteChoice(temperature: 1, topK: 2, seed: 2), outputs(z), draws: 20_000)
        #expect(Set(two.keys) == [100, 255] && abs(two[255]! - 20_000 * 4 / 7) < 4 * 70, "\(two)")
        // At half the temperature probabilities are squared: 1, 4, 9, 16 of 30.
        let cold = counts(ByteChoice(temperature: 0.5, topK: 256, seed: 2), outputs(z), draws: 20_000)
        #expect(abs(cold[255]! - 20_000 * 16 / 30) < 4 * 71 && abs(cold[3]! - 20_000 / 30) < 4 * 26, "\(cold)")
    }

    @Test(arguments: [1e-300, 1e300])
    func anyTemperatureDoes(temperature: Double) {
        let z = outputs([9: 88, 10: 88, 11: 87.9])
        let found = counts(ByteChoice(temperature: temperature, topK: 3, seed: 3), z, draws: 300)
        #expect(Set(found.keys) == (temperature < 1 ? [9, 10] : [9, 10, 11]), "\(found)")
    }

    /// A function of seed and position.
    @Test func aDrawDependsOnSeedAndPosition() {
        let z = [Float](repeating: 0, count: 256)
        func bytes(_ seed: UInt64) -> [UInt8] {
            (0..<50).map { ByteChoice(temperature: 1, topK: 256, seed: seed).byte(z, position: $0) }
        }
        #expect(bytes(1) == bytes(1) && bytes(1) != bytes(2) && Set(bytes(1)).count > 25)
    }
}
