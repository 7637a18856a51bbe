import Core
import Distributed
import Storage

/// One rank's part of a run: everything a step needs, allocated before the first.
public final class Trainer {
    public let configuration: Configuration
    /// The ranks; small collectives of a node's ranks go through shared memory.
    public let communicator: any Communicator
    /// The memory of parameters and gradients.
    public let memory: ParameterWindow<Float>
    public let network: Network<Float>
    public let sampler: any Sampler
    public let blocks: ParameterBlocks
    public let reduction: any GradientReduction<Float>
    public let optimizer: ShardedOptimizer
    public let evaluator: Evaluator
    public let driftCheck: DriftCheck
    /// Updates applied so far; skipped steps do not count.
    public private(set) var updates = 0
    /// What the schedule's learning rate is multiplied by: below 1 once a run was rolled back.
    public internal(set) var learningRateScale = 1.0
    /// The phases of the last step on this rank.
    public private(set) var clock: StepClock

    let loss: any Loss<Float>
    private let loader: BatchLoader<Float>
    private let partitions: BatchPartitions
    private let exchange: StepExchange
    private let passSeed: UInt64
    /// The buffers as the step found them.
    private let buffersBefore: AlignedBuffer<Float>
    private let totalSteps: Int

    /// Builds the network and all memory.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: `ShapeError` where layers or loss do not fit the data, `ConfigurationError` where the augmentation does not.
    public convenience init(
        _ configuration: Configuration, datasets: Datasets, communicator: any Communicator
    ) throws {
        try self.init(configuration, datasets: datasets, communicator: communicator, mechanisms: Mechanisms())
    }

    /// Builds the network and all memory, with other mechanisms than the real ones.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    package init(
        _ configuration: Configuration, datasets: Datasets, communicator: any Communicator,
        mechanisms: Mechanisms
    ) throws {
        self.configuration = configuration
        clock = StepClock(waits: communicator.waits)
        network = try Network(configuration.network, inputShape: datasets.train.sampleShape)
        loss = try configuration.loss.makeLoss(outputShape: network.outputShape, scalar: Float.self)
        sampler = mechanisms.sampler(
            EpochSampler(
                sampleCount: datasets.train.count, globalBatchSize: configuration.globalBatchSize,
                dropLast: configuration.dropLast, seed: configuration.seed, shuffle: configuration.shuffle),
            communicator)
        passSeed = mechanisms.passSeed(configuration.seed, communicator)
        let batchSize = min(configuration.globalBatchSize, max(sampler.sampleCount, datasets.test.count))
        let assignment = ShardAssignment(
            shards: configuration.shards, passes: configuration.accumulationSteps, hostNames: communicator.hostNames)
        memory = ParameterWindow(
            communicator, storageCount: network.arena.storageCount, assignment: assignment,
            isShared: configuration.sharesMemory && mechanisms.sharesParameters)
        let communicator = WindowCommunicator.over(communicator, memory.window)
        self.communicator = communicator
        partitions = BatchPartitions(
            assignment, communicator: communicator, maximumRows: batchSize, mechanisms: mechanisms)
        totalSteps = configuration.epochs * sampler.stepsPerEpoch
        let limits = partitions.limits
        let arena = network.arena
        arena.seal(
            rootCount: limits.roots, values: memory.values, gradients: memory.ownGradients(roots: limits.roots))
        memory.window.writeShared { arena.initialize(seed: configuration.seed) }
        network.prepare(limits: limits)
        MemoryLedger.allocating(.workspace) { [loss] in loss.prepare(limits: limits) }
        loader = BatchLoader(
            datasets.train, maximumRows: limits.rows,
            shift: try ImageShift(
                configuration.augmentation, shape: datasets.train.originalShape, seed: configuration.seed))
        // On one node nothing crosses a network.
        let bucketStarts =
            memory.window.nodes.count > 1
            ? GradientBuckets.starts(
                firstElements: network.chain.firstElements, storageCount: arena.storageCount,
                minimumBytes: mechanisms.bucketBytes ?? GradientBuckets.minimumBytes(ranks: communicator.size)) : []
        blocks = ParameterBlocks(arena.parameters, bucketStarts: bucketStarts)
        reduction = MemoryLedger.allocating(.reduction) { [memory, blocks] in
            mechanisms.gradientReduction(communicator, memory, blocks, assignment)
        }
        exchange = StepExchange(blocks: blocks, reduction: reduction, partitions: partitions)
        driftCheck = DriftCheck(
            every: configuration.driftChecks.every, communicator: communicator, arena: network.arena, blocks: blocks,
            reduction: reduction, nodes: memory.window.nodes)
        buffersBefore = AlignedBuffer(count: network.arena.bufferStorageCount)
        optimizer = ShardedOptimizer(
            configuration.optimizer.makeOptimizer(Float.self), arena: network.arena,
            owned: reduction.owned)
        evaluator = Evaluator(
            network: network, loss: loss, dataset: datasets.test, partitions: partitions, batchSize: batchSize,
            seed: configuration.seed)
    }

    /// Trains on one global batch. A step whose loss, gradient or running statistics are no numbers leaves everything as it
    /// was.
    ///
    /// - Parameters:
    ///   - step: the step of the run, from 0.
    ///   - isRehearsal: whether everything is computed and nothing kept.
    ///   - flags: bits that this rank tells the others; the lowest one has to be 0.
    ///   - observe: sees the reduced gradient of the owned elements before it is clipped and applied.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Complexity: no allocation after the first full and the first ragged batch, and once `reduction` has tried its ways.
    public func step(
        _ step: Int, isRehearsal: Bool = false, flags: UInt64 = 0, observe: (UnsafePointer<Float>) -> Void = { _ in }
    ) -> StepResult {
        clock.begin()
        buffersBefore.base.update(from: network.arena.bufferValues, count: buffersBefore.count)
        let passes = begin(step)
        for partition in passes.dropLast() {
            _ = loss.metrics(differentiate(step, partition).context)
            clock.end(.reduce)
        }
        let (context, gradient) = differentiate(step, passes[passes.count - 1])
        observe(gradient)
        // Each rank makes its own running statistics: where one's memory is at fault, all have to go the same way.
        let exchanged = exchange.run(loss, context, joining: flags | (network.arena.areBuffersFinite ? 0 : 1))
        let metrics = exchanged.metrics
        driftCheck.verifyRecorded(steps: step)
        clock.end(.reduce)
        let learningRate = learningRate(at: step)
        var result = StepResult(
            step: step, loss: (metrics.lossSum / Double(metrics.count)).withOneNaN, correct: metrics.correct,
            samples: metrics.count, places: metrics.count * placesPerSample, learningRate: learningRate,
            gradientNorm: exchanged.norm.withOneNaN, areBuffersFinite: exchanged.flags & 1 == 0,
            flags: exchanged.flags & ~1)
        guard result.isFinite, !isRehearsal else {
            network.arena.bufferValues.update(from: buffersBefore.base, count: buffersBefore.count)
            return result
        }
        result.isClipped = update(gradient, norm: exchanged.norm, learningRate: learningRate)
        updates += 1
        driftCheck.record(step: step)
        clock.end(.update)
        reduction.publish()
        clock.end(.publish)
        return result
    }

    /// Takes one pass of the batch: its sums go on from pass to pass, and are the batch's after the last. Those of the losses are
    /// still to be taken.
    private func differentiate(
        _ step: Int, _ partition: BatchPartition
    ) -> (context: PassContext, gradient: UnsafeMutablePointer<Float>) {
        let context = context(step, partition)
        let (inputs, targets) = loader.load(context.sampleIndices, epoch: step / sampler.stepsPerEpoch)
        network.observer?.didLoad(inputs, targets: targets, context: context)
        clock.end(.load)
        let predictions = network.forward(inputs, context: context)
        loss.forward(predictions, targets: targets, context: context)
        clock.end(.forward)
        let outputGradient = network.outputGradient(rows: inputs.rows)
        loss.backward(into: outputGradient, context: context)
        network.observer?.didDifferentiateLoss(configuration.loss.kind, gradient: outputGradient, context: context)
        reduction.begin(partition)
        network.backward(rows: inputs.rows, context: context) { reduction.finished(from: $0) }
        clock.end(.backward)
        let gradient = reduction.reduce(partition)
        clock.end(.reduce)
        return (context, gradient)
    }

    /// SHA-256 over parameters, optimiser state and buffers after `step` steps, on rank 0; nil elsewhere.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func digest(step: Int) -> String? {
        let snapshot = makeSnapshot()
        copyState(RunProgress(step: step), datasetDigest: "", into: snapshot)
        return snapshot?.checkpoint().digest
    }

    /// The learning rate of step `step`.
    public func learningRate(at step: Int) -> Double {
        learningRateScale
            * configuration.schedule.learningRate(
                base: configuration.optimizer.learningRate, step: step, totalSteps: totalSteps,
                stepsPerEpoch: sampler.stepsPerEpoch)
    }

    /// P, the places of a sample at which outputs are held against a class.
    var placesPerSample: Int { network.outputShape.rowCount }

    /// The passes over the batch of step `step` of an epoch, as this rank sees them.
    func passes(step: Int) -> [BatchPartition] { partitions.passes(rows: sampler.batchRows(step: step)) }

    /// The ranks without a row of a full batch.
    var idleRanks: Int {
        let passes = passes(step: 0)
        return (0..<communicator.size).count { rank in passes.allSatisfy { $0.presentRoots[rank] == 0 } }
    }

    /// Sets how many updates were applied, when a run is resumed.
    func restore(updates: Int) {
        self.updates = updates
    }

    /// Clips the owned elements of the gradient and updates the parameters.
    ///
    /// - Returns: whether clipping changed any rank's: by value, an element of one rank's slice is enough.
    /// - Important: Collective; every rank calls it in the same order.
    private func update(_ gradient: UnsafeMutablePointer<Float>, norm: Double, learningRate: Double) -> Bool {
        let clipping = configuration.gradientClipping
        let coefficient = clipping.coefficient(norm: norm)
        let isClipped = optimizer.update(
            gradient: gradient, clipping: clipping, coefficient: coefficient, learningRate: learningRate,
            update: updates)
        return switch clipping {
        case .none: false
        case .norm: coefficient != 1
        case .value: communicator.allreduce(isClipped ? 1 : 0, .maximum) != 0
        }
    }

    /// The passes over the batch of step `step`.
    private func begin(_ step: Int) -> [BatchPartition] {
        sampler.begin(epoch: step / sampler.stepsPerEpoch)
        return partitions.passes(rows: sampler.batchRows(step: step % sampler.stepsPerEpoch))
    }

    private func context(_ step: Int, _ partition: BatchPartition) -> PassContext {
        let firstPosition = sampler.firstPosition(step: step % sampler.stepsPerEpoch) + partition.firstRow
        return PassContext(
            mode: .training, seed: passSeed, step: step, globalRows: partition.globalRows,
            passRows: partition.passRows, firstPosition: firstPosition, shards: partition.layout,
            sampleIndices: sampler.indices(positions: firstPosition..<(firstPosition + partition.layout.rows)),
            batchReduction: partitions.begin(partition))
    }
}
