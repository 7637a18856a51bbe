import Core
import Distributed
import Storage
import Testing
import Training

/// A step that is no number is noticed by all ranks, named alike on any number of them, and leaves nothing behind.
@Suite struct NonFiniteTests {
    /// What one rank saw of a step.
    struct Sight: Equatable, Sendable {
        var isFinite = true
        var updates = 0
        var what = ""
        var samples: [Int] = []
        var sampleCount = 0
        var isOverBatch = false
        var ranks: [Int] = []
    }

    private static let yaml = """
        network: [{linear: 5}, batchnorm, {dropout: 0.25}, tanh, {linear: 2}]
        loss: meanSquaredError
        optimizer: adam
        shuffle: false
        globalBatchSize: 32
        """

    /// Regression data in the order of the file, with some numbers replaced.
    private static func datasets(
        pixels: [Int: Float] = [:], targets: [Int: Float] = [:]
    ) -> Datasets {
        let train = SmallData.values(train: 103, test: 31).train
        guard case .bytes(let bytes) = train.images, case .values(var values, let shape) = train.targets else {
            preconditionFailure("regression data are bytes and values")
        }
        var images = bytes.map { Float($0) / 255 }
        for (index, value) in pixels { images[index] = value }
        for (index, value) in targets { values[index] = value }
        func floats(_ dataset: Dataset) -> Dataset {
            guard case .bytes(let bytes) = dataset.images else { preconditionFailure("bytes") }
            return Dataset(
                images: .floats(SampleNumbers(bytes.map { Float($0) / 255 })), originalShape: dataset.originalShape,
                targets: dataset.targets)
        }
        return Datasets(
            train: Dataset(
                images: .floats(SampleNumbers(images)), originalShape: train.originalShape,
                targets: .values(values, shape)),
            test: floats(SmallData.values(train: 103, test: 31).test))
    }

    /// Takes `steps` steps, then changes the trainer, then looks at the next one, on every rank.
    private static func sights(
        _ datasets: Datasets, yaml: String = yaml, ranks: Int, after steps: Int = 0,
        change: @Sendable @escaping (Trainer) -> Void = { _ in }
    ) throws -> [Sight] {
        let configuration = try Configuration(yaml: yaml)
        return try ThreadCommunicator.run(size: ranks) { communicator in
            let trainer = try Trainer(configuration, datasets: datasets, communicator: communicator)
            for step in 0..<steps { _ = trainer.step(step) }
            change(trainer)
            var sight = Sight()
            sight.isFinite = trainer.step(steps).isFinite
            sight.updates = trainer.updates
            guard let report = trainer.firstNonFinite(inStep: steps) else { return sight }
            sight.what = report.what
            sight.samples = report.samples
            sight.sampleCount = report.sampleCount
            sight.isOverBatch = report.isOverBatch
            sight.ranks = report.ranks
            return sight
        }
    }

    /// The sight that all ranks share, less the ranks that had the value.
    private static func common(_ sights: [Sight]) throws -> Sight {
        #expect(sights.allSatisfy { $0 == sights[0] }, "\(sights)")
        var sight = sights[0]
        sight.ranks = []
        return sight
    }

    /// Samples 37, 45 and 61 are in step 1; in 32 rows over 8 shards, 4 a shard, they are in shards 1, 3 and 7.
    @Test(arguments: [1, 2, 3, 5, 11])
    func aBadInputIsNamedAlikeOnEveryRank(ranks: Int) throws {
        let data = Self.datasets(pixels: [61 * 12 + 3: .nan, 37 * 12 + 7: -.infinity, 45 * 12: .infinity])
        let sights = try Self.sights(data, ranks: ranks, after: 1)
        let expected = Sight(
            isFinite: false, updates: 1, what: "input, forward: input[7] is -infinity", samples: [37, 45, 61],
            sampleCount: 3)
        #expect(try Self.common(sights) == expected)
        let owners = [1: [0], 2: [0, 1], 3: [0, 1, 2], 5: [0, 1, 4], 11: [1, 3, 7]]
        #expect(sights[0].ranks == owners[ranks])
    }

    @Test(arguments: [1, 2, 3, 5])
    func aBadTargetIsNamed(ranks: Int) throws {
        let sights = try Self.sights(Self.datasets(targets: [2 * 30 + 1: .nan]), ranks: ranks)
        #expect(
            try Self.common(sights)
                == Sight(
                    isFinite: false, what: "targets, forward: target[1] is NaN", samples: [30], sampleCount: 1))
        #expect(sights[0].ranks == [ranks - 1])
    }

    /// A finite input that overflows in the first product; the other rows are numbers there, though not behind batchnorm.
    @Test(arguments: [1, 2, 3, 5])
    func anOverflowIsNamedWhereItHappens(ranks: Int) throws {
        let row = (0..<12).map { (9 * 12 + $0, Float.greatestFiniteMagnitude) }
        let data = Self.datasets(pixels: Dictionary(uniqueKeysWithValues: row))
        let sights = try Self.sights(data, ranks: ranks) { trainer in
            for i in trainer.network.arena.parameters[0].range { trainer.network.arena.values[i] = 1 }
        }
        #expect(
            try Self.common(sights)
                == Sight(
                    isFinite: false, what: "linear1, forward: output[0] is +infinity", samples: [9], sampleCount: 1))
    }

    /// Outputs that are numbers, losses that are not.
    @Test(arguments: [1, 3])
    func aLossThatOverflowsIsNamed(ranks: Int) throws {
        let sights = try Self.sights(Self.datasets(targets: [2 * 4: 3e38, 2 * 5: -3e38]), ranks: ranks)
        #expect(
            try Self.common(sights)
                == Sight(
                    isFinite: false, what: "meanSquaredError, forward: loss is +infinity", samples: [4, 5],
                    sampleCount: 2))
    }

    private static func rectified(passes: Int) -> String {
        "network: [{linear: 5}, relu, {linear: 2}]\nloss: meanSquaredError\nshuffle: false\nglobalBatchSize: 16\n"
            + "accumulationSteps: \(passes)"
    }

    /// Samples 17 and 30 overflow, in the first and the last pass of step 1.
    @Test(arguments: [1, 2, 4], [1, 2, 3, 5])
    func passesAreOneBatch(passes: Int, ranks: Int) throws {
        let pixels = [17, 30].flatMap { sample in (0..<12).map { (sample * 12 + $0, Float.greatestFiniteMagnitude) } }
        let data = Self.datasets(pixels: Dictionary(uniqueKeysWithValues: pixels))
        let sights = try Self.sights(data, yaml: Self.rectified(passes: passes), ranks: ranks, after: 1) { trainer in
            for i in trainer.network.arena.parameters[0].range { trainer.network.arena.values[i] = 1 }
        }
        #expect(
            try Self.common(sights)
                == Sight(
                    isFinite: false, updates: 1, what: "linear1, forward: output[0] is +infinity", samples: [17, 30],
                    sampleCount: 2))
    }

    /// The input of the last pass comes before the target of the first.
    @Test(arguments: [1, 2, 4], [1, 2, 3, 5])
    func aLaterPassCanHaveTheFirstTensor(passes: Int, ranks: Int) throws {
        let data = Self.datasets(pixels: [30 * 12 + 7: .nan], targets: [2 * 17 + 1: .infinity])
        let sights = try Self.sights(data, yaml: Self.rectified(passes: passes), ranks: ranks, after: 1)
        #expect(
            try Self.common(sights)
                == Sight(
                    isFinite: false, updates: 1, what: "input, forward: input[7] is NaN", samples: [30], sampleCount: 1)
        )
    }

    /// Each row's gradient is a number, and their sum is not: it belongs to the whole batch, all passes of it.
    @Test(arguments: [1, 2, 3, 5], [1, 2])
    func aSumOfGradientsIsNamedWithTheBatch(ranks: Int, passes: Int) throws {
        let yaml =
            "network: [{linear: 2}]\nloss: meanSquaredError\nshuffle: false\nglobalBatchSize: 10\n"
            + "accumulationSteps: \(passes)"
        var pixels: [Int: Float] = [:]
        var targets: [Int: Float] = [:]
        for row in 0..<10 {
            pixels[row * 12 + 6] = 1e30
            targets[row * 2 + 1] = 1e12
        }
        let sights = try Self.sights(Self.datasets(pixels: pixels, targets: targets), yaml: yaml, ranks: ranks) {
            let arena = $0.network.arena
            for i in 0..<arena.storageCount { arena.values[i] = 0 }
        }
        let expected = Sight(
            isFinite: false, what: "linear1, backward: weight gradient[6, 1] is -infinity",
            samples: Array(0..<8), sampleCount: 10, isOverBatch: true)
        #expect(try Self.common(sights) == expected)
    }

    @Test(arguments: [1, 3])
    func aRunningStatisticIsNamed(ranks: Int) throws {
        let yaml = "network: [batchnorm, {linear: 2}]\nloss: meanSquaredError\nshuffle: false\nglobalBatchSize: 4"
        let sights = try Self.sights(Self.datasets(pixels: [2 * 12 + 1: 3e38]), yaml: yaml, ranks: ranks)
        let expected = Sight(
            isFinite: false, what: "batchnorm1, forward: running_variance[1] is +infinity", samples: [0, 1, 2, 3],
            sampleCount: 4, isOverBatch: true)
        #expect(try Self.common(sights) == expected)
        #expect(sights[0].ranks == Array(0..<ranks))
    }

    /// One rank's memory alone: the others' statistics are numbers, and no update hangs on whose.
    @Test(arguments: [2, 3, 5])
    func aStatisticOfOneRankIsEverybodysAffair(ranks: Int) throws {
        let sights = try Self.sights(Self.datasets(), ranks: ranks, after: 1) { trainer in
            guard trainer.communicator.rank == 1 else { return }
            trainer.network.arena.bufferValues[trainer.network.arena.buffers[1].offset + 4] = .infinity
        }
        #expect(
            try Self.common(sights)
                == Sight(
                    isFinite: false, updates: 1, what: "batchnorm1, before the step: running_variance[4] is +infinity"))
        #expect(sights[0].ranks == [1])
    }

    /// What was bad before the step is named as such, not by what it leads to.
    @Test(arguments: [1, 2, 3, 5])
    func aBadParameterOrBufferIsNamedAsSuch(ranks: Int) throws {
        let healthy = Self.datasets()
        let parameter = try Self.sights(healthy, ranks: ranks, after: 1) { trainer in
            let weight = trainer.network.arena.parameters[0]
            trainer.network.arena.values[weight.offset + weight.storageIndex(5 * 3 + 2)] = .nan
        }
        #expect(
            try Self.common(parameter)
                == Sight(isFinite: false, updates: 1, what: "linear1, before the step: weight[3, 2] is NaN"))
        let buffer = try Self.sights(healthy, ranks: ranks) { trainer in
            trainer.network.arena.bufferValues[trainer.network.arena.buffers[1].offset + 4] = .infinity
        }
        #expect(
            try Self.common(buffer)
                == Sight(isFinite: false, what: "batchnorm1, before the step: running_variance[4] is +infinity"))
    }

    @Test func aHealthyStepHasNoReport() throws {
        #expect(try Self.common(Self.sights(Self.datasets(), ranks: 3)) == Sight(updates: 1))
    }

    /// The optimizer's memory is cut over the ranks; only what a checkpoint would hold is looked at.
    @Test(arguments: [1, 2, 3, 5])
    func aBadMomentIsFoundOnWhateverRankHasIt(ranks: Int) throws {
        let configuration = try Configuration(yaml: Self.yaml)
        let reports = try ThreadCommunicator.run(size: ranks) { communicator in
            let trainer = try Trainer(configuration, datasets: Self.datasets(), communicator: communicator)
            _ = trainer.step(0)
            guard trainer.firstNonFiniteState(step: 1) == nil else { return "a healthy state is reported" }
            let last = trainer.network.arena.parameters.last!
            let element = last.offset + 1
            if let place = trainer.reduction.owned.place(of: element) {
                trainer.optimizer.slot(1)[place] = .infinity
            }
            return trainer.firstNonFiniteState(step: 1)?.description ?? "nothing"
        }
        let slot = try #require(configuration.optimizer.makeOptimizer(Float.self).slotNames.last)
        #expect(reports == [String](repeating: "linear2, after the step: bias \(slot)[1] is +infinity", count: ranks))
    }

    /// A run in which step 1 is poisoned, against one on healthy data that never takes that step. Batchnorm's statistics
    /// change in every pass.
    @Test(arguments: [1, 2, 3, 5], [1, 2])
    func aSkippedStepLeavesNoTrace(ranks: Int, passes: Int) throws {
        let configuration = try Configuration(yaml: Self.yaml + "\naccumulationSteps: \(passes)")
        let poisoned = Self.datasets(pixels: [40 * 12 + 2: .nan])
        func digest(_ datasets: Datasets, steps: [Int], looksAt bad: Int?, ranks: Int) throws -> String? {
            try ThreadCommunicator.run(size: ranks) { communicator in
                let trainer = try Trainer(configuration, datasets: datasets, communicator: communicator)
                for step in steps {
                    let isFinite = trainer.step(step).isFinite
                    #expect(isFinite == (step != bad))
                    if !isFinite { _ = trainer.firstNonFinite(inStep: step) }
                }
                return trainer.digest(step: 4)
            }[0]
        }
        let reference = try digest(Self.datasets(), steps: [0, 2, 3], looksAt: nil, ranks: 1)
        #expect(try digest(poisoned, steps: [0, 1, 2, 3], looksAt: 1, ranks: ranks) == reference)
        #expect(try digest(Self.datasets(), steps: [0, 1, 2, 3], looksAt: nil, ranks: 1) != reference)
    }

    /// A look at a step that is a number changes nothing either.
    @Test func aRehearsalLeavesNoTrace() throws {
        let configuration = try Configuration(yaml: Self.yaml)
        func digest(rehearses: Bool) throws -> String? {
            let trainer = try Trainer(
                configuration, datasets: Self.datasets(), communicator: SingleCommunicator())
            for step in 0..<3 {
                if rehearses { #expect(trainer.firstNonFinite(inStep: step) == nil) }
                _ = trainer.step(step)
            }
            return trainer.digest(step: 3)
        }
        #expect(try digest(rehearses: true) == digest(rehearses: false))
    }
}
