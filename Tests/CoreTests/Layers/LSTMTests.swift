import Core
import Testing

struct LSTMTests {
    /// The example of Documentation/lstm.md: two steps, one feature, one unit. Values from mpmath: gradients by differences
    /// of the forward pass, to 20 digits.
    private func example(_ returns: LSTMDescription.Returns) throws -> TestNetwork<Double> {
        let network = try TestNetwork<Double>(
            LSTMDescription(outputs: 1, returns: returns), inputShape: [2, 1], rowCounts: [1])
        network.set("layer/input_weight", [0.5, -0.5, 1, 0.25])
        network.set("layer/hidden_weight", [1, 0.5, -1, 2])
        network.set("layer/bias", [0, 1, 0, 0])
        return network
    }

    @Test func theExampleWithAllSteps() throws {
        let network = try example(.sequence)
        #expect(network.forward([1, -1]).isClose(to: [0.24818686717764853662, 0.014149281128514190595], 1e-15))
        #expect(network.backward([1, 2]).isClose(to: [0.45706190916180255512, -0.012472657871933846135], 1e-15))
        let dWx = [0.45761057592600969095, -0.073144615178883438676, 0.18853428386107546246, 0.062490750480857495898]
        let dWh = [
            -0.058085667772620479461, 0.018153532892161759051, 0.034253738039175915183, 0.0030812496424052246017,
        ]
        let db = [-0.010469531882785899949, 0.073144615178883438676, 0.46456611768617136904, 0.08732082853812803702]
        #expect(network.gradient("layer/input_weight").isClose(to: dWx, 1e-15))
        #expect(network.gradient("layer/hidden_weight").isClose(to: dWh, 1e-15))
        #expect(network.gradient("layer/bias").isClose(to: db, 1e-15))
    }

    @Test func theExampleWithTheLastStep() throws {
        let network = try example(.last)
        #expect(network.network.outputShape == [1])
        #expect(network.forward([1, -1]).isClose(to: [0.014149281128514190595], 1e-15))
        #expect(network.backward([2]).isClose(to: [0.27107361085208039193, -0.012472657871933846135], 1e-15))
        let dWx = [0.3766039117600842596, -0.073144615178883438676, 0.070214828289793451874, -0.046171292141052251784]
        #expect(network.gradient("layer/input_weight").isClose(to: dWx, 1e-15))
    }

    /// However many units are done together, each has the bits of plain loops.
    @Test(arguments: [1, 2, 3, 7, 12, 16, 33, 63, 64, 65, 127, 130], LSTMDescription.Returns.allCases)
    func everyWidthHasTheBitsOfPlainLoops(units: Int, returns: LSTMDescription.Returns) throws {
        try checkBits(units: units, returns, of: Float.self)
        try checkBits(units: units, returns, of: Double.self)
    }

    private func checkBits<Scalar: TrainingScalar>(
        units: Int, _ returns: LSTMDescription.Returns, of: Scalar.Type
    ) throws {
        let (rows, steps, features) = (3, 4, 5)
        let network = try TestNetwork<Scalar>(
            LSTMDescription(outputs: units, returns: returns), inputShape: [steps, features], rowCounts: [rows])
        let x = numbers(rows * steps * features)
        let dY = numbers(rows * network.network.outputShape.elementCount, phase: 2)
        var plain = PlainLSTM<Scalar>(
            steps: steps, features: features, units: units, inputWeight: network.values("layer/input_weight"),
            hiddenWeight: network.values("layer/hidden_weight"), bias: network.values("layer/bias"))
        // Twice: nothing is left of the pass before.
        for _ in 0..<2 {
            let outputs = network.forward(x)
            #expect(bits(outputs) == bits(plain.forward(x.map { Scalar($0) }, givesAllSteps: returns == .sequence)))
            let dX = network.backward(dY)
            #expect(bits(dX) == bits(plain.backward(dY.map { Scalar($0) }, givesAllSteps: returns == .sequence)))
            #expect(bits(network.gradient("layer/input_weight")) == bits(plain.inputWeightGradient))
            #expect(bits(network.gradient("layer/hidden_weight")) == bits(plain.hiddenWeightGradient))
            #expect(bits(network.gradient("layer/bias")) == bits(plain.biasGradient))
        }
    }

    private func bits<Scalar: TrainingScalar>(_ values: [Scalar]) -> [UInt64] { values.reals.map(\.bitPattern) }

    /// What comes later changes nothing before, and nothing passes from sample to sample.
    @Test func aStepSeesItsOwnSampleSoFarAlone() throws {
        let network = try TestNetwork<Float>(
            LSTMDescription(outputs: 3), inputShape: [4, 2], rowCounts: [2, 1])
        var x = numbers(24)
        let before = network.forward(x)
        x[8 + 4] += 1
        let after = network.forward(x)
        // Sample 1's steps 2 and 3.
        let changed = before.indices.filter { before[$0] != after[$0] }
        #expect(changed == Array((12 + 6)..<24))
        // The state begins at 0 again.
        x[8 + 4] -= 1
        #expect(network.forward(x) == before)
    }

    /// Where only the last step's output has a gradient, both outputs give the same.
    @Test func theLastStepIsOneOfAll() throws {
        let (rows, steps, units) = (4, 7, 5)
        func run(_ returns: LSTMDescription.Returns) throws -> [[Double]] {
            let network = try TestNetwork<Double>(
                LSTMDescription(outputs: units, returns: returns), inputShape: [steps, 3], rowCounts: [2, 0, 2],
                roots: [0..<2, 2..<3])
            let outputs = network.forward(numbers(rows * steps * 3))
            let width = outputs.count / rows
            var dY = [Double](repeating: 0, count: outputs.count)
            var last: [Double] = []
            for (k, gradient) in numbers(rows * units, phase: 1).enumerated() {
                let place = (k / units + 1) * width - units + k % units
                dY[place] = gradient
                last.append(outputs[place])
            }
            return [last, network.backward(dY)] + network.network.arena.parameters.map { network.gradient($0.name) }
        }
        #expect(try run(.sequence) == run(.last))
    }

    /// With one step there is no state before it: Wₕ has gradient 0, and the forget gate is of no use.
    @Test func oneStepRemembersNothing() throws {
        let network = try TestNetwork<Double>(LSTMDescription(outputs: 3), inputShape: [1, 2], rowCounts: [3])
        _ = network.forward(numbers(6))
        _ = network.backward(numbers(9, phase: 1))
        #expect(network.gradient("layer/hidden_weight").allSatisfy { $0 == 0 })
        let bias = network.gradient("layer/bias")
        #expect(bias[3..<6].allSatisfy { $0 == 0 })
        #expect((bias[0..<3] + bias[6...]).allSatisfy { $0 != 0 })
    }

    /// Saturated gates neither overflow nor make a NaN, and what is kept is kept exactly.
    @Test func aCellCanBeKeptForAsLongAsOneLikes() throws {
        let network = try TestNetwork<Float>(
            LSTMDescription(outputs: 1, returns: .last), inputShape: [200, 1], rowCounts: [1])
        // Written where x is 1, kept where it is −1; the gates are 0 or 1 to the last bit.
        network.set("layer/input_weight", [1000, -1000, 1000, 0])
        network.set("layer/hidden_weight", [0, 0, 0, 0])
        network.set("layer/bias", [0, 0, 0, 1000])
        let y = network.forward([1] + [Double](repeating: -1, count: 199))
        #expect(y == [Float.tanh(1)])
        let dX = network.backward([1])
        #expect(dX.allSatisfy { $0.isFinite })
    }

    @Test func theFirstValuesAreThoseOfTheField() throws {
        let network = try TestNetwork<Double>(LSTMDescription(outputs: 25), inputShape: [2, 3], rowCounts: [1])
        #expect(
            network.network.arena.parameters.map(\.name)
                == ["layer/input_weight", "layer/hidden_weight", "layer/bias"])
        #expect(network.network.arena.parameters.map(\.shape) == [[3, 100], [25, 100], [100]])
        #expect(network.network.arena.parameters.map(\.decays) == [true, true, false])
        for name in ["layer/input_weight", "layer/hidden_weight"] {
            let largest = network.values(name).map(\.magnitude).max()!
            #expect(largest > 0.19 && largest < 0.2)
        }
        #expect(network.values("layer/bias") == (0..<100).map { (25..<50).contains($0) ? 1 : 0 })
    }

    @Test func initializersCanBeChosen() throws {
        let network = try TestNetwork<Double>(
            LSTMDescription(outputs: 2, initializer: .constant(0.25), forgetBias: -3), inputShape: [1, 1],
            rowCounts: [1])
        #expect(network.values("layer/input_weight") == [Double](repeating: 0.25, count: 8))
        #expect(network.values("layer/bias") == [0, 0, -3, -3, 0, 0, 0, 0])
    }

    @Test(arguments: [[4], [2, 3, 4], []] as [Shape])
    func samplesMustBeSequences(shape: Shape) {
        let error = #expect(throws: ShapeError.self) {
            try TestNetwork<Float>(LSTMDescription(outputs: 2), inputShape: shape, rowCounts: [1])
        }
        #expect(
            error?.description == "layer layer: expected an input of shape [steps, features], given \(shape)")
    }
}
