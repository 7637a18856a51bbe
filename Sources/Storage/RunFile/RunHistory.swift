/// What a run saw: the contents of `run.h5`, in memory.
///
/// Rows are appended as the run goes on; `reserveCapacity` beforehand makes appending allocate nothing.
public struct RunHistory: Sendable, Equatable {
    /// The configuration, as YAML: what determines the result, nothing else.
    public var config: String
    public var seed: UInt64
    public var shards: Int
    /// The trained numbers.
    public var parameterCount: Int
    /// One a start or resume; may differ between equal runs.
    public var launches: [Launch] = []
    public var events: [Event] = []
    /// One a step.
    public var steps: [Step] = []
    /// One a step; may differ between equal runs.
    public var timing: TimingTable
    /// One an epoch.
    public var epochs: [Epoch] = []
    public var histograms: HistogramTable
    /// One row a traced step; nil where the run is not traced.
    public var trace: TraceTable?

    /// - Parameters:
    ///   - phases: the names of the parts of a step that `timing` tells apart.
    ///   - histograms: an empty table for the network's parameters.
    public init(
        config: String, seed: UInt64, shards: Int, parameterCount: Int, phases: [String], histograms: HistogramTable
    ) {
        self.config = config
        self.seed = seed
        self.shards = shards
        self.parameterCount = parameterCount
        timing = TimingTable(phases: phases)
        self.histograms = histograms
    }

    /// Makes room for this many rows in all.
    public mutating func reserveCapacity(steps stepCount: Int, epochs epochCount: Int, histograms histogramCount: Int) {
        steps.reserveCapacity(stepCount)
        timing.reserveCapacity(stepCount)
        epochs.reserveCapacity(epochCount)
        histograms.reserveCapacity(histogramCount)
        trace?.reserveCapacity(stepCount)
    }

    /// Adds the rows of `later`, which come after these.
    public mutating func append(_ later: RunHistory) {
        launches += later.launches
        events += later.events
        steps += later.steps
        timing.append(later.timing)
        epochs += later.epochs
        histograms.append(later.histograms)
        if let rows = later.trace { trace?.append(rows) }
    }

    /// Forgets what came after a checkpoint, so that a resumed run goes on from there. Launches stay.
    ///
    /// - Parameters:
    ///   - step: the last step that counts: the checkpoint's.
    ///   - epochs: the epochs that were complete by then.
    ///   - rollbacks: the rollbacks that the checkpoint knows of: a run that was killed before it knew of the next one will
    ///     go back once more.
    public mutating func truncate(afterStep step: Int, completedEpochs epochs: Int, rollbacks: Int = .max) {
        steps.removeAll { $0.step > step }
        var found = 0
        events.removeAll { event in
            if event.kind == Event.rollback { found += 1 }
            return event.step > step || event.kind == Event.rollback && found > rollbacks
        }
        timing.truncate(afterStep: step)
        histograms.truncate(afterStep: step)
        trace?.truncate(afterStep: step)
        self.epochs.removeAll { $0.epoch > epochs }
    }
}
