import Distributed

/// What one step reports, the same on every rank.
public struct StepResult: Sendable {
    /// The step, from 0.
    public let step: Int
    /// The mean loss over the batch's rows, before the update.
    public let loss: Double
    /// The places whose largest output was at their class.
    public let correct: Int
    /// The rows of the global batch.
    public let samples: Int
    /// The places of all rows: as many, or in sequences a place for each step.
    public let places: Int
    public let learningRate: Double
    /// The global norm of the mean gradient, before clipping.
    public let gradientNorm: Double
    /// Whether clipping changed the gradient; false where nothing was updated.
    public internal(set) var isClipped = false

    /// Whether the running statistics that the step made are numbers on every rank.
    public let areBuffersFinite: Bool
    /// The bits that any rank told the others.
    public let flags: UInt64

    /// The part that is right, from 0 to 1.
    public var accuracy: Double { Double(correct) / Double(places) }

    /// Whether loss, gradient and running statistics are numbers.
    public var isFinite: Bool { loss.isFinite && gradientNorm.isFinite && areBuffersFinite }
}

extension Double {
    /// The same, but every NaN the one that files hold: sign and payload may depend on which of two NaN came first.
    var withOneNaN: Double { isNaN ? .nan : self }
}

/// The parts of a step that are timed, in order.
public enum StepPhase: Int, CaseIterable, Sendable {
    case load
    case forward
    case backward
    case reduce
    case update
    case publish
}

/// Measures the phases of a step on this rank.
public struct StepClock {
    /// The seconds of each phase of the current step.
    public private(set) var seconds = [Double](repeating: 0, count: StepPhase.allCases.count)
    /// Of them, those that were spent on waiting for other ranks, where the time is not that of moving much.
    public private(set) var idleSeconds = [Double](repeating: 0, count: StepPhase.allCases.count)
    private let waits: WaitCounter
    private var last = ContinuousClock.now
    private var lastIdle = Duration.zero

    /// - Parameter waits: that of the communicator whose ranks the steps wait for.
    public init(waits: WaitCounter) {
        self.waits = waits
    }

    /// Begins a step.
    package mutating func begin() {
        for phase in seconds.indices { (seconds[phase], idleSeconds[phase]) = (0, 0) }
        lastIdle = waits.idle
        last = ContinuousClock.now
    }

    /// Ends `phase`: the time since the last one ended is added to it.
    package mutating func end(_ phase: StepPhase) {
        let now = ContinuousClock.now
        seconds[phase.rawValue] += (now - last) / .seconds(1)
        idleSeconds[phase.rawValue] += (waits.idle - lastIdle) / .seconds(1)
        lastIdle = waits.idle
        last = now
    }
}
