import Core
import Distributed
import Storage

/// Where in a run a checkpoint stands, and the sums that the run itself remembers.
struct RunProgress: Hashable, Sendable, BitwiseCopyable {
    /// Steps done.
    var step = 0
    /// The sums of the epoch under way; zero at its start.
    var epoch = EpochProgress()
    /// The evaluation of the last finished epoch.
    var lastEvaluation: Evaluation?
    /// The skipped steps since the last one that was not.
    var skippedInARow = 0
    /// How often the run was rolled back.
    var rollbacks = 0
}

extension Trainer {
    /// Memory for a copy of the state on rank 0; nil elsewhere.
    func makeSnapshot() -> StateSnapshot? {
        guard communicator.rank == 0 else { return nil }
        return StateSnapshot(
            arena: network.arena, slotNames: optimizer.slotNames, config: configuration.resultYAML)
    }

    /// Copies the whole state to rank 0.
    ///
    /// - Parameter snapshot: on rank 0; nil elsewhere.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Complexity: one copy of parameters and slots; no allocation.
    func copyState(_ progress: RunProgress, datasetDigest: String, into snapshot: StateSnapshot?) {
        for index in optimizer.slotNames.indices {
            reduction.gather(optimizer.slot(index), into: snapshot?.slots[index].base)
        }
        guard let snapshot else { return }
        let arena = network.arena
        snapshot.values.base.update(from: arena.values, count: arena.storageCount)
        snapshot.bufferValues.base.update(from: arena.bufferValues, count: arena.bufferStorageCount)
        snapshot.facts = .init(
            progress: progress, epoch: progress.step / sampler.stepsPerEpoch,
            position: progress.step % sampler.stepsPerEpoch * configuration.globalBatchSize, updates: updates,
            learningRateScale: learningRateScale, datasetDigest: datasetDigest)
    }

    /// Takes over the state of a checkpoint that rank 0 has read.
    ///
    /// - Parameter checkpoint: on rank 0; nil elsewhere.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on every rank, if the checkpoint is of another network or another dataset.
    func restore(_ checkpoint: Checkpoint?, path: String, datasetDigest: String) throws -> RunProgress {
        let arena = network.arena
        let isRoot = communicator.rank == 0
        let whole: AlignedBuffer<Float>? = isRoot ? AlignedBuffer(count: arena.storageCount) : nil
        let progress = try communicator.together {
            guard let checkpoint else { return RunProgress() }
            try check(checkpoint, path: path, datasetDigest: datasetDigest)
            arena.load(checkpoint)
            return try RunProgress(checkpoint, path: path, placesPerSample: placesPerSample)
        }
        driftCheck.forget()
        memory.broadcastValues()
        communicator.broadcast(arena.bufferValues, count: arena.bufferStorageCount, from: 0)
        for (index, name) in optimizer.slotNames.enumerated() {
            if let whole, let slot = checkpoint?.optimizer.first(where: { $0.name == name }) {
                for parameter in arena.parameters {
                    parameter.store(slot.tensors[parameter.name]!, at: whole.base + parameter.offset)
                }
            }
            reduction.scatter(whole.map { UnsafePointer($0.base) }, into: optimizer.slot(index))
        }
        restore(updates: communicator.broadcast(checkpoint?.integer("updates") ?? 0, from: 0))
        learningRateScale = communicator.broadcast(checkpoint?.double("learning_rate_scale") ?? 1, from: 0)
        return communicator.broadcast(progress, from: 0)
    }

    /// Goes back to where a run starts, with the seed's parameters and an optimizer without memory.
    func restoreStart() {
        let arena = network.arena
        memory.window.writeShared { arena.initialize(seed: configuration.seed) }
        arena.initializeBuffers()
        optimizer.reset()
        driftCheck.forget()
        restore(updates: 0)
    }

    /// Names the first thing of the checkpoint that does not fit this network.
    private func check(_ checkpoint: Checkpoint, path: String, datasetDigest: String) throws {
        func refuse(_ what: String) -> RunFailure {
            RunFailure(.badData, "cannot resume from \(path): \(what); it is a checkpoint of another run")
        }
        if let mismatch = network.arena.mismatch(with: checkpoint) { throw refuse(mismatch) }
        let found = checkpoint.optimizer.map(\.name)
        guard found.sorted() == optimizer.slotNames.sorted() else {
            throw refuse("its optimizer keeps \(found), the configuration's \(optimizer.slotNames)")
        }
        for slot in checkpoint.optimizer {
            let wanted = network.arena.parameters.map { ($0.name, $0.shape) }
            if let mismatch = slot.tensors.mismatch(with: wanted, "\(slot.name) of") { throw refuse(mismatch) }
        }
        guard checkpoint.state("dataset_digest") == .integers(Self.words(ofDigest: datasetDigest)) else {
            throw RunFailure(
                .badData,
                "cannot resume from \(path): the data are not those that the run began with; give the same with --data, "
                    + "a text with --set data.text.path=FILE")
        }
    }

    /// A digest of 64 hex digits as four 64-bit words, as `/state` holds it.
    static func words(ofDigest digest: String) -> [Int64] {
        let digits = Array(digest)
        return stride(from: 0, to: digits.count, by: 16).map {
            Int64(bitPattern: UInt64(String(digits[$0..<min($0 + 16, digits.count)]), radix: 16) ?? 0)
        }
    }
}

extension RunProgress {
    /// - Parameter placesPerSample: of the network, which the checkpoint has to be of.
    /// - Throws: if a sum that a checkpoint has is missing.
    init(_ checkpoint: Checkpoint, path: String, placesPerSample: Int) throws {
        guard let lossSum = checkpoint.double("epoch_loss_sum"), let correct = checkpoint.integer("epoch_correct"),
            let samples = checkpoint.integer("epoch_samples"), checkpoint.integer("updates") != nil
        else {
            throw RunFailure(.badData, "cannot resume from \(path): /state is incomplete; use another checkpoint")
        }
        // Checkpoints of runs that could neither skip nor go back lack the last two.
        self.init(
            step: checkpoint.step,
            epoch: EpochProgress(
                lossSum: lossSum, correct: correct, samples: samples, places: samples * placesPerSample),
            skippedInARow: checkpoint.integer("skipped_in_a_row") ?? 0, rollbacks: checkpoint.integer("rollbacks") ?? 0)
        if let loss = checkpoint.double("test_loss"), let correct = checkpoint.integer("test_correct"),
            let samples = checkpoint.integer("test_samples"), samples > 0
        {
            lastEvaluation = Evaluation(
                loss: loss, correct: correct, samples: samples, places: samples * placesPerSample)
        }
    }
}

extension Checkpoint {
    func integer(_ name: String) -> Int? {
        guard case .integers(let values)? = state(name) else { return nil }
        return values.first.map { Int($0) }
    }

    func double(_ name: String) -> Double? {
        guard case .doubles(let values)? = state(name) else { return nil }
        return values.first
    }

}

extension Parameter {
    /// The values at `base` in logical order.
    func tensor(from base: UnsafePointer<Float>) -> Checkpoint.Tensor {
        let values = [Float](unsafeUninitializedCapacity: count) { values, initialized in
            guard let target = values.baseAddress else { return }
            layout.copyToRowMajor(base, shape: shape, into: target)
            initialized = count
        }
        return Checkpoint.Tensor(name: name, shape: shape, values: values)
    }

    /// Stores values given in logical order.
    func store(_ tensor: Checkpoint.Tensor, at base: UnsafeMutablePointer<Float>) {
        for i in 0..<count { base[storageIndex(i)] = tensor.values[i] }
    }
}
