import Core
import Distributed
import Foundation
import Storage
import Testing
import Training

/// Texts that a checkpoint's network goes on with.
@Suite final class GenerationTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dtrain-\(UUID().uuidString)")
        .path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// A network of five places that says of a sum s which byte it is: its output for byte c is c·s − c²/2, the largest of which
    /// is at c = s. At place t, s = Σ `weights[t][j]`·xⱼ.
    private static func adder(_ weights: [[Float]]) -> Checkpoint {
        var weight: [Float] = []
        for j in 0..<5 { for t in 0..<5 { weight += (0..<256).map { Float($0) * weights[t][j] } } }
        let bias = (0..<5).flatMap { _ in (0..<256).map { -Float($0 * $0) / 2 } }
        return Checkpoint(
            step: 1, epoch: 0, position: 0,
            config: """
                network: [{embedding: {classes: 256, width: 1}}, flatten, {linear: 1280}, {reshape: [5, 256]}]
                data: {text: {length: 5}}
                """,
            parameters: [
                .init(name: "embedding1/weight", shape: [256, 1], values: (0..<256).map { Float($0) }),
                .init(name: "linear1/weight", shape: [5, 1280], values: weight),
                .init(name: "linear1/bias", shape: [1280], values: bias),
            ])
    }

    /// Each byte is the sum of the two before.
    private static let fibonacci = (0..<5).map { t in (0..<5).map { j in j == t || j == t - 1 ? Float(1) : 0 } }

    /// What is written, on each rank.
    private func generate(
        _ path: String, _ prompt: [UInt8], _ length: Int, temperature: Double = 0, ranks: Int = 1
    ) throws -> [[UInt8]] {
        let request = GenerateRequest(
            path: path, prompt: prompt, length: length,
            choice: ByteChoice(temperature: temperature, topK: 9, seed: 5))
        return try ThreadCommunicator.run(size: ranks) { communicator in
            var text: [UInt8] = []
            try Generation.run(request, communicator: communicator, note: { _ in }, write: { text += $0 })
            return text
        }
    }

    /// Shorter than a window, as long, and longer: the output is that of the last place given.
    @Test(arguments: [[1, 1], [1, 1, 2, 3, 5], [9, 9, 9, 9, 9, 9, 1, 1], [1]])
    func theSumsFollow(prompt: [UInt8]) throws {
        let path = try Self.adder(Self.fibonacci).write(folder: folder)
        let text = try generate(path, prompt, 7)[0]
        var expected = prompt
        for _ in 0..<7 { expected.append(expected.suffix(2).reduce(0, +)) }
        #expect(text == expected)
    }

    @Test func rankZeroAloneWrites() throws {
        let path = try Self.adder(Self.fibonacci).write(folder: folder)
        #expect(try generate(path, [1, 1], 3, ranks: 3) == [[1, 1, 2, 3, 5], [], []])
    }

    /// What was drawn does not depend on where one began to draw.
    @Test func aTextInTwoGoesIsTheSame() throws {
        let path = try Self.adder(Self.fibonacci).write(folder: folder)
        let whole = try generate(path, [3, 4], 40, temperature: 2000)[0]
        #expect(Set(whole).count > 5)
        let half = try generate(path, [3, 4], 17, temperature: 2000)[0]
        #expect(whole == (try generate(path, half, 23, temperature: 2000)[0]))
    }

    /// A place that looks at any later one cannot be asked while that is not there.
    @Test func aNetworkThatLooksAheadIsRefused() throws {
        for place in 0..<5 {
            for later in (place + 1)..<5 {
                var weights = Self.fibonacci
                weights[place][later] = 0.25
                let error = #expect(throws: RunFailure.self) {
                    try TextPredictor(Self.adder(weights), path: "some.h5")
                }
                #expect(error?.code == .usage)
                let message =
                    "cannot generate from some.h5: what it says after \(place + 1) bytes of a window depends on"
                #expect(error?.description.hasPrefix(message) ?? false, "\(error?.description ?? "")")
            }
        }
        _ = try TextPredictor(Self.adder(Self.fibonacci), path: "some.h5")
    }

    /// Windows longer than there are borders tried: every output looks at every input.
    @Test func aLongWindowIsTriedAtSomeBorders() throws {
        let network = "[{embedding: {classes: 256, width: 1}}, flatten, {linear: 10240}, {reshape: [40, 256]}]"
        let trained = try trainedCheckpoint("network: \(network)\nglobalBatchSize: 4", length: 40)
        let error = #expect(throws: RunFailure.self) { try TextPredictor(trained, path: "some.h5") }
        #expect(error?.code == .usage)
        let causal = try trainedCheckpoint(
            "network: [{embedding: {classes: 256, width: 4}}, {lstm: 8}, {linear: 256}]\nglobalBatchSize: 4", length: 40
        )
        #expect(try TextPredictor(causal, path: "some.h5").length == 40)
    }

    /// A checkpoint after a step on a small text.
    private func trainedCheckpoint(_ yaml: String, length: Int) throws -> Checkpoint {
        try Data(SmallText.bytes).write(to: URL(fileURLWithPath: "\(folder)/book"))
        let name = UUID().uuidString
        let request = RunRequest(
            overrides: yaml.split(separator: "\n").map { line in
                let parts = line.split(separator: ": ", maxSplits: 1)
                return .set("\(parts[0])=\(parts[1])")
            } + [
                .key("data.text.path", "\(folder)/book"), .key("data.text.length", "\(length)"), .key("epochs", "1"),
            ], out: "\(folder)/\(name)")
        try RunSession(request, communicator: SingleCommunicator(), observer: Recording()).run()
        return try Checkpoint.read("\(folder)/\(name)/checkpoints/latest")
    }

    @Test func whatCannotGoOnIsRefused() throws {
        func expect(_ code: ExitCode, _ part: String, _ change: (inout Checkpoint) -> Void) {
            var checkpoint = Self.adder(Self.fibonacci)
            change(&checkpoint)
            do {
                _ = try TextPredictor(checkpoint, path: "some.h5")
                Issue.record("\(part): not refused")
            } catch {
                #expect(ExitCode(for: error) == code && "\(error)".contains(part), "\(error)")
            }
        }
        expect(.usage, "was not trained on a text") { $0.config = "network: [{linear: 3}]" }
        expect(.usage, "trained with meanSquaredError") { $0.config += "\nloss: meanSquaredError" }
        expect(.badData, "linear1/bias is missing") { $0.parameters.removeLast() }
        expect(.badData, "linear1/bias has shape [2]") {
            $0.parameters[2] = .init(name: "linear1/bias", shape: [2], values: [0, 0])
        }
        expect(.badData, "outputs are [1280]") {
            $0.config = $0.config.replacing(", {reshape: [5, 256]}", with: "")
        }
        expect(.usage, "some.h5") { $0.config = "network: 3" }
    }

    @Test func pathsThatHoldNoCheckpointAreNamed() throws {
        func expect(_ code: ExitCode, _ part: String, _ path: String) {
            let failure = #expect(throws: JobFailure.self) { try generate(path, [1], 1) }
            #expect(
                failure?.code == code && failure?.description.contains(part) ?? false, "\(failure?.description ?? "")")
        }
        expect(.noInput, "reading checkpoint", "\(folder)/none.h5")
        expect(.noInput, "there is no run", folder)
        _ = try RunFolder.create(path: "\(folder)/run", config: "")
        expect(.noInput, "it has no checkpoint yet", "\(folder)/run")
        try Data("text".utf8).write(to: URL(fileURLWithPath: "\(folder)/file"))
        expect(.badData, "file", "\(folder)/file")
    }

    /// Of a run the last good checkpoint is taken.
    @Test func aDamagedCheckpointIsPassedOver() throws {
        let run = try RunFolder.create(path: "\(folder)/run", config: "")
        var good = Self.adder(Self.fibonacci)
        _ = try good.write(folder: run.checkpoints.path)
        good.step = 2
        let path = try good.write(folder: run.checkpoints.path)
        try Data(contentsOf: URL(fileURLWithPath: path)).dropLast(100).write(to: URL(fileURLWithPath: path))
        var notes: [String] = []
        var text: [UInt8] = []
        try Generation.run(
            GenerateRequest(
                path: run.path, prompt: [2, 3], length: 2, choice: ByteChoice(temperature: 0, topK: 1, seed: 1)),
            communicator: SingleCommunicator(), note: { notes.append($0) }, write: { text += $0 })
        #expect(text == [2, 3, 5, 8])
        #expect(notes.count == 1 && notes[0].contains("step-00000002.h5"), "\(notes)")
    }

    @Test func outputsThatAreNoNumbersEndIt() throws {
        var checkpoint = Self.adder(Self.fibonacci)
        checkpoint.parameters[2].values[700] = .nan
        let path = try checkpoint.write(folder: folder)
        // Place 2 has it, places 0 and 1 have not.
        #expect(try generate(path, [1], 2)[0] == [1, 1, 2])
        let failure = #expect(throws: JobFailure.self) { try generate(path, [1], 3) }
        #expect(failure?.code == .failed && failure?.description.contains("after 3 bytes") ?? false)
    }
}
