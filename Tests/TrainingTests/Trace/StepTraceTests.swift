import Core
import Distributed
import Storage
import Testing
import Training

/// The hashes of a step: the same at any number of ranks, and where an operation goes wrong its own hash is the first to differ.
@Suite struct StepTraceTests {
    private static let adam = SmallData.yaml + "\noptimizer: {adam: {learningRate: 0.01}}\nshards: 5"
    private static let regression = """
        network: [{linear: 6}, tanh, {linear: 2}]
        loss: meanSquaredError
        optimizer: {momentum: {weightDecay: 0.1}}
        globalBatchSize: 32
        """

    private static let regressionData = SmallData.values(train: 103, test: 31)

    /// What goes wrong, beyond what an observer of the passes can change.
    private enum Fault: Sendable {
        case none
        case pass(BitFlipper.Target)
        case gradient(Int)
        case parameter(Int)
        case slot(Int, Int)
        case buffer(Int)
    }

    /// Trains some steps, the last of them with a fault.
    private static func trace(
        _ yaml: String, ranks: Int, fault: Fault = .none, steps: Int = 6, datasets: Datasets = SmallData.datasets
    ) throws -> TraceTable {
        let configuration = try Configuration(yaml: yaml)
        return try ThreadCommunicator.run(size: ranks) { communicator in
            let trainer = try Trainer(configuration, datasets: datasets, communicator: communicator)
            let trace = StepTrace(trainer)
            trainer.network.observer = trace
            if case .pass(let target) = fault {
                trainer.network.observer = BitFlipper(target, step: steps - 1, next: trace)
            }
            let arena = trainer.network.arena
            let owned = trainer.reduction.owned
            func flip(_ values: UnsafePointer<Float>, _ element: Int) {
                let place = UnsafeMutablePointer(mutating: values) + element
                place.pointee = Float(bitPattern: place.pointee.bitPattern ^ 1)
            }
            var table = TraceTable(tensors: trace.tensors)
            for step in 0..<steps {
                let isLast = step == steps - 1
                trace.begin()
                let result = trainer.step(step) { gradient in
                    if isLast, case .gradient(let index) = fault {
                        let element = arena.parameters[index].offset + 1
                        if owned.place(of: element) != nil { flip(gradient, element) }
                    }
                    trace.add(gradient: gradient)
                }
                switch fault {
                case .parameter(let index) where isLast:
                    let element = arena.parameters[index].offset + 1
                    if owned.place(of: element) != nil { flip(arena.values, element) }
                case .slot(let slot, let index) where isLast:
                    owned.place(of: arena.parameters[index].offset + 1).map { flip(trainer.optimizer.slot(slot), $0) }
                case .buffer(let index) where isLast:
                    flip(arena.bufferValues, arena.buffers[index].offset + 1)
                default: break
                }
                table.append(step: step + 1, hashes: trace.finish(result))
                // What the network sees of an evaluation is no part of a step.
                if step % 2 == 0 { _ = trainer.evaluator.evaluate() }
            }
            return table
        }[0]
    }

    @Test(arguments: [2, 3, 5, 7, 8, 11])
    func everyNumberOfRanksGivesTheSameHashes(ranks: Int) throws {
        #expect(try Self.trace(Self.adam, ranks: ranks) == Self.trace(Self.adam, ranks: 1))
    }

    @Test(arguments: [2, 3, 7])
    func aRegressionGivesTheSameHashes(ranks: Int) throws {
        let one = try Self.trace(Self.regression, ranks: 1, datasets: Self.regressionData)
        #expect(try Self.trace(Self.regression, ranks: ranks, datasets: Self.regressionData) == one)
    }

    @Test(arguments: [2, 3, 7])
    func aTextGivesTheSameHashes(ranks: Int) throws {
        let one = try Self.trace(SmallText.yaml, ranks: 1, datasets: SmallText.datasets)
        #expect(try Self.trace(SmallText.yaml, ranks: ranks, datasets: SmallText.datasets) == one)
    }

    /// The class at the last place of a sample is hashed as well: here the one byte that nothing else sees.
    @Test func everyClassOfASampleIsHashed() throws {
        var bytes = SmallText.bytes
        let one = try Self.trace(SmallText.yaml + "\nshuffle: false", ranks: 1, steps: 5, datasets: SmallText.datasets)
        // Sample 132, in the fifth step, is the last: bytes 660 … 671, and the one that follows.
        bytes[672] ^= 1
        let other = try Self.trace(
            SmallText.yaml + "\nshuffle: false", ranks: 1, steps: 5,
            datasets: try Datasets(text: ("text", bytes), length: 12, stride: 5, validation: 0.25))
        let first = one.hashes.indices.first { one.hashes[$0] != other.hashes[$0] }
        #expect(
            first.map { ($0 / one.tensors.count, one.tensors[$0 % one.tensors.count]) } ?? (0, "") == (4, "targets"))
    }

    @Test func tensorsAreNamedInTheOrderOfExecution() throws {
        let tensors = try Self.trace(Self.regression, ranks: 1, steps: 1, datasets: Self.regressionData).tensors
        let parameters = ["linear1/weight", "linear1/bias", "linear2/weight", "linear2/bias"]
        #expect(
            tensors == [
                "inputs", "targets", "forward output of linear1", "forward output of tanh1",
                "forward output of linear2", "loss", "gradient of the loss", "input gradient of linear2",
                "input gradient of tanh1",
            ] + parameters.map { "gradient of \($0)" } + parameters.map { "\($0) after the update" }
                + parameters.map { "velocity of \($0)" })
        let behind = try Self.trace(
            Self.regression.replacing("[{linear: 6}", with: "[tanh, {dropout: 0.1}, {linear: 6}"), ranks: 2, steps: 1,
            datasets: Self.regressionData)
        #expect(
            behind.tensors.filter { $0.hasPrefix("input gradient") } == [
                "input gradient of linear2", "input gradient of tanh2",
            ])
        #expect(behind.hashes.allSatisfy { $0 != 0 })
        let all = try Self.trace(Self.adam, ranks: 1, steps: 1)
        #expect(all.tensors.suffix(2) == ["batchnorm1/running_mean", "batchnorm1/running_variance"])
        #expect(all.hashes.allSatisfy { $0 != 0 } && Set(all.hashes).count == all.hashes.count)
    }

    /// Every operation in turn: one bit, in a row or block of one rank of three, against one rank.
    @Test func theFirstHashThatDiffersIsThatOfTheFault() throws {
        try expectEveryFault(in: Self.adam, SmallData.datasets)
        try expectEveryFault(in: Self.regression, Self.regressionData)
    }

    private func expectEveryFault(in yaml: String, _ datasets: Datasets) throws {
        let good = try Self.trace(yaml, ranks: 1, datasets: datasets)
        let configuration = try Configuration(yaml: yaml)
        let network = try Network<Float>(configuration.network, inputShape: datasets.train.sampleShape)
        let parameters = network.arena.parameters
        let layers = network.layers.map(\.name)
        var faults: [(Fault, String)] = [(.pass(.inputs), "inputs")]
        if case .values = datasets.train.targets { faults.append((.pass(.targets), "targets")) }
        faults += layers.enumerated().map { (.pass(.output($0)), "forward output of \($1)") }
        faults.append((.pass(.lossGradient), "gradient of the loss"))
        faults += layers.enumerated().dropFirst().map { (.pass(.inputGradient($0)), "input gradient of \($1)") }
        for (index, parameter) in parameters.enumerated() {
            faults.append((.gradient(index), "gradient of \(parameter.name)"))
            faults.append((.parameter(index), "\(parameter.name) after the update"))
            for (slot, name) in configuration.optimizer.makeOptimizer(Float.self).slotNames.enumerated() {
                faults.append((.slot(slot, index), "\(name) of \(parameter.name)"))
            }
        }
        faults += network.arena.buffers.enumerated().map { (.buffer($0), $1.name) }
        // All tensors but the loss and, for classes, the targets.
        #expect(faults.count == good.tensors.count - (datasets.train.classCount > 0 ? 2 : 1))
        for (fault, tensor) in faults {
            let bad = try Self.trace(yaml, ranks: 3, fault: fault, datasets: datasets)
            let first = good.hashes.indices.first { good.hashes[$0] != bad.hashes[$0] }
            let found = first.map { (good.steps[$0 / good.tensors.count], good.tensors[$0 % good.tensors.count]) }
            #expect(found?.0 == 6 && found?.1 == tensor, "\(tensor): found \(String(describing: found))")
        }
    }

    /// The same rows in another order are another batch.
    @Test func theOrderOfRowsCounts() throws {
        let yaml = Self.regression + "\nshuffle: false"
        let one = try Self.trace(yaml, ranks: 1, steps: 1, datasets: Self.regressionData)
        guard case .bytes(let bytes) = Self.regressionData.train.images,
            case .values(let values, let shape) = Self.regressionData.train.targets
        else { preconditionFailure("bytes and values here") }
        let pixels = SampleNumbers(Array(bytes[12..<24]) + bytes[0..<12] + bytes[24...])
        let train = Dataset(images: .bytes(pixels), originalShape: [3, 4], targets: .values(values, shape))
        let other = try Self.trace(
            yaml, ranks: 1, steps: 1, datasets: Datasets(train: train, test: Self.regressionData.test))
        #expect(one.hashes[0] != other.hashes[0] && one.hashes[1] == other.hashes[1])
    }

    /// What comes out of an operation that makes no numbers depends on the processor: every NaN counts as one.
    @Test func everyNaNIsTheSame() {
        let hash = TensorHash(count: 3, pieceLimit: 4)
        func add(_ values: [Float], to tensor: Int) { hash.add(values, count: values.count, place: 1, to: tensor) }
        add([1, .nan, 2], to: 0)
        add([1, Float(bitPattern: 0xffc0_0001), 2], to: 1)
        add([1, .infinity, 2], to: 2)
        #expect(hash.values[0] == hash.values[1] && hash.values[0] != hash.values[2])
        add([0], to: 0)
        add([-0.0], to: 1)
        #expect(hash.values[0] != hash.values[1])
        hash.clear()
        #expect(Array(hash.values) == [0, 0, 0])
    }
}
