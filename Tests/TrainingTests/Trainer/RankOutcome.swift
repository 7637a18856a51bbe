import Core
import Distributed
import Storage
import Training

/// Everything that one rank knows at the end of a case, as bits.
struct RankOutcome: Sendable, Equatable {
    /// For each step, what its result holds.
    private var steps: [[UInt64]] = []
    /// For each step, the row of histograms.
    private var histograms: [[UInt64]] = []
    private var evaluation: [UInt64] = []
    /// SHA-256 over this rank's own parameters and buffers.
    private var memory = ""
    /// The digest of the state as rank 0 has it.
    private(set) var digest = ""
    /// The loss of each step.
    private(set) var losses: [Double] = []

    /// Trains, counts histograms at every step, and evaluates.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    init(_ drawn: RankCase, mechanisms: Mechanisms = Mechanisms(), communicator: any Communicator) throws {
        let trainer = try Trainer(
            Configuration(yaml: drawn.yaml), datasets: drawn.datasets, communicator: communicator,
            mechanisms: mechanisms)
        // A slice of each rank's own even where every rank owns everything, so that each element is counted once.
        let blocks = trainer.blocks
        let slice = blocks.slice(of: communicator.rank, of: communicator.size)
        let recorder = HistogramRecorder(
            arena: trainer.network.arena, owned: slice, communicator: communicator, bins: HistogramBins())
        for step in drawn.steps {
            let result = trainer.step(step) { gradient in
                recorder.beforeUpdate(gradient: gradient)
            }
            histograms.append(Array(recorder.afterUpdate()))
            losses.append(result.loss)
            steps.append([
                bits(result.loss), bits(result.gradientNorm), bits(result.learningRate), UInt64(result.correct),
                UInt64(result.samples), result.isClipped ? 1 : 0,
            ])
        }
        let test = trainer.evaluator.evaluate()
        evaluation = [bits(test.loss), UInt64(test.correct), UInt64(test.samples)]
        let arena = trainer.network.arena
        let parameters = UnsafeBufferPointer(start: arena.values, count: arena.storageCount)
        let buffers = UnsafeBufferPointer(start: arena.bufferValues, count: arena.bufferStorageCount)
        memory = Digest.sha256((Array(parameters) + Array(buffers)).withUnsafeBytes { Array($0) })
        digest = communicator.broadcast(trainer.digest(step: drawn.steps.upperBound), from: 0)
    }

    /// What is not the same bits as in `other`: empty for equal outcomes.
    func differences(from other: RankOutcome) -> [String] {
        var differences: [String] = []
        if let step = zip(steps, other.steps).enumerated().first(where: { $1.0 != $1.1 }) {
            let names = ["loss", "gradient norm", "learning rate", "correct rows", "samples", "clipping"]
            let column = zip(step.element.0, step.element.1).enumerated().first { $1.0 != $1.1 }!.offset
            differences.append("\(names[column]) of the case's step \(step.offset)")
        }
        if let step = zip(histograms, other.histograms).enumerated().first(where: { $1.0 != $1.1 }) {
            differences.append("histograms of the case's step \(step.offset)")
        }
        if evaluation != other.evaluation { differences.append("evaluation") }
        if memory != other.memory { differences.append("parameters or buffers in memory") }
        if digest != other.digest { differences.append("digest") }
        return differences
    }
}

/// NaN has one bit pattern here, as in the files.
private func bits(_ value: Double) -> UInt64 { value.isNaN ? Double.nan.bitPattern : value.bitPattern }
