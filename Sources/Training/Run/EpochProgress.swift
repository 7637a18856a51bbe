/// The sums of the epoch under way, in step order: part of a checkpoint, so that an interrupted epoch's row is the same.
struct EpochProgress: Hashable, Sendable, BitwiseCopyable {
    var lossSum = 0.0
    var correct = 0
    var samples = 0
    /// The places of these samples.
    var places = 0

    /// Adds one step; a skipped one adds nothing.
    mutating func add(_ result: StepResult) {
        guard result.isFinite else { return }
        lossSum += result.loss * Double(result.samples)
        correct += result.correct
        samples += result.samples
        places += result.places
    }

    var loss: Double { lossSum / Double(samples) }

    /// The part that is right, from 0 to 1.
    var accuracy: Double { Double(correct) / Double(places) }
}
