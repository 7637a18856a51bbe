import Core
import Distributed
import Storage

/// The trainer that is measured, with what it allocates counted.
final class BenchSubject {
    let trainer: Trainer
    let communicator: any Communicator
    let memory = MemoryLedger()
    private let dataMemory: MemoryLedger.Entry?
    private var nextStep = 0

    /// - Important: Collective; every rank calls it in the same order.
    init(_ inputs: RunInputs, communicator: any Communicator) throws {
        self.communicator = communicator
        (trainer, dataMemory) = try memory.counting {
            (
                try Trainer(
                    inputs.configuration, datasets: inputs.datasets, communicator: communicator,
                    mechanisms: Mechanisms().named),
                MemoryLedger.enter(bytes: inputs.datasetBytes, kind: .dataset)
            )
        }
    }

    /// Whether ranks wait for each other before gradients are reduced and parameters published, which takes time of its own.
    var separatesWaiting = false {
        didSet { (trainer.reduction as? NamedReduction)?.separatesWaiting = separatesWaiting }
    }

    /// Trains on the next batch, epoch after epoch.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: `JobFailure` on all ranks where the step has a value that is no number: then it was not all of a step.
    func step() throws {
        let step = nextStep % (trainer.configuration.epochs * trainer.sampler.stepsPerEpoch)
        nextStep += 1
        let result = memory.counting { trainer.step(step) }
        guard result.isFinite else {
            throw JobFailure(
                code: .failed, rank: 0,
                description:
                    "bench: step \(nextStep) is not finite (loss \(result.loss), gradient norm \(result.gradientNorm)); "
                    + "lower the learning rate")
        }
    }

    /// The passes of the first batch, as this rank sees them.
    var passes: [BatchPartition] { trainer.passes(step: 0) }

    /// This rank's samples in the first batch.
    var localSamples: Int { passes.map(\.layout.rows).reduce(0, +) }
}
