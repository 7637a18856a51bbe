/// How long each step took, and which part of it how long.
public struct TimingTable: Sendable, Equatable {
    /// The names of the parts of a step.
    public let phases: [String]
    /// The steps, [S].
    public private(set) var steps: [Int] = []
    /// [S].
    public private(set) var samplesPerSecond: [Double] = []
    /// Seconds, [S, phase].
    public private(set) var phaseSeconds: [Double] = []

    public init(phases: [String]) {
        self.phases = phases
    }

    /// The number of rows, S.
    public var count: Int { steps.count }

    /// Adds a row.
    ///
    /// - Precondition: one time a phase.
    public mutating func append(
        step: Int, samplesPerSecond rate: Double, phaseSeconds seconds: UnsafeBufferPointer<Double>
    ) {
        precondition(seconds.count == phases.count, "\(seconds.count) times for \(phases.count) phases")
        steps.append(step)
        samplesPerSecond.append(rate)
        phaseSeconds.append(contentsOf: seconds)
    }

    /// Adds a row.
    public mutating func append(step: Int, samplesPerSecond rate: Double, phaseSeconds seconds: [Double]) {
        seconds.withUnsafeBufferPointer { append(step: step, samplesPerSecond: rate, phaseSeconds: $0) }
    }

    /// Adds the rows of `later`.
    mutating func append(_ later: TimingTable) {
        precondition(later.phases == phases, "times of \(later.phases) for \(phases)")
        steps += later.steps
        samplesPerSecond += later.samplesPerSecond
        phaseSeconds += later.phaseSeconds
    }

    /// Makes room for this many rows in all.
    public mutating func reserveCapacity(_ count: Int) {
        steps.reserveCapacity(count)
        samplesPerSecond.reserveCapacity(count)
        phaseSeconds.reserveCapacity(count * phases.count)
    }

    /// Forgets the rows after `step`.
    mutating func truncate(afterStep step: Int) {
        let kept = self.steps.count { $0 <= step }
        precondition(steps[..<kept].allSatisfy { $0 <= step }, "timing rows out of order")
        steps.removeLast(steps.count - kept)
        samplesPerSecond.removeLast(samplesPerSecond.count - kept)
        phaseSeconds.removeLast(phaseSeconds.count - kept * phases.count)
    }
}
