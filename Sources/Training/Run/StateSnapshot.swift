import Core
import Storage
import Synchronization

/// A copy of rank 0's view of the whole state after a step, as it lies in memory: made while training waits, turned into a
/// checkpoint while it goes on.
final class StateSnapshot: @unchecked Sendable {
    /// What is no array.
    struct Facts {
        var progress = RunProgress()
        var epoch = 0
        var position = 0
        var updates = 0
        var learningRateScale = 1.0
        var datasetDigest = ""
    }

    var facts = Facts()
    /// Whether it is still being turned into a checkpoint and written; then nothing may change it.
    var isInUse: Bool {
        get { inUse.withLock { $0 } }
        set { inUse.withLock { $0 = newValue } }
    }

    private let inUse = Mutex(false)
    /// The parameters, as the arena has them.
    let values: AlignedBuffer<Float>
    /// The buffers, as the arena has them.
    let bufferValues: AlignedBuffer<Float>
    /// Each slot of the optimizer, as the arena has its parameters.
    let slots: [AlignedBuffer<Float>]

    private let config: String
    private let parameters: [Parameter]
    private let buffers: [StateBuffer]
    private let slotNames: [String]

    init(arena: ParameterArena<Float>, slotNames: [String], config: String) {
        values = AlignedBuffer(count: arena.storageCount)
        bufferValues = AlignedBuffer(count: arena.bufferStorageCount)
        slots = slotNames.map { _ in AlignedBuffer(count: arena.storageCount) }
        parameters = arena.parameters
        buffers = arena.buffers
        self.slotNames = slotNames
        self.config = config
    }

    /// The checkpoint, with every array in logical order.
    func checkpoint() -> Checkpoint {
        let progress = facts.progress
        let evaluation = progress.lastEvaluation
        return Checkpoint(
            step: progress.step, epoch: facts.epoch, position: facts.position, config: config,
            parameters: parameters.map { $0.tensor(from: values.base + $0.offset) },
            buffers: buffers.map { buffer in
                Checkpoint.Tensor(
                    name: buffer.name, shape: buffer.shape,
                    values: Array(UnsafeBufferPointer(start: bufferValues.base + buffer.offset, count: buffer.count)))
            },
            optimizer: zip(slotNames, slots).map { name, slot in
                .init(name: name, tensors: parameters.map { $0.tensor(from: slot.base + $0.offset) })
            },
            state: [
                .init(name: "dataset_digest", value: .integers(Trainer.words(ofDigest: facts.datasetDigest))),
                .init(name: "updates", value: .integers([Int64(facts.updates)])),
                .init(name: "learning_rate_scale", value: .doubles([facts.learningRateScale])),
                .init(name: "rollbacks", value: .integers([Int64(progress.rollbacks)])),
                .init(name: "skipped_in_a_row", value: .integers([Int64(progress.skippedInARow)])),
                .init(name: "epoch_loss_sum", value: .doubles([progress.epoch.lossSum])),
                .init(name: "epoch_correct", value: .integers([Int64(progress.epoch.correct)])),
                .init(name: "epoch_samples", value: .integers([Int64(progress.epoch.samples)])),
                .init(name: "test_loss", value: .doubles([evaluation?.loss ?? .nan])),
                .init(name: "test_correct", value: .integers([Int64(evaluation?.correct ?? 0)])),
                .init(name: "test_samples", value: .integers([Int64(evaluation?.samples ?? 0)])),
            ])
    }
}
