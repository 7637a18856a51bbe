/// How the learning rate moves over a run: a pure function of the step, with no state to save.
public protocol Schedule: Sendable {
    /// The kind in the configuration, e.g. `cosine`.
    var kind: String { get }

    /// Whether a longer run would have had other learning rates from its start: then a resumed run cannot change its length.
    var dependsOnTotalSteps: Bool { get }

    /// The learning rate of step `step`.
    ///
    /// - Parameters:
    ///   - base: the optimizer's learning rate.
    ///   - step: from 0.
    ///   - totalSteps: of the whole run.
    ///   - stepsPerEpoch: at least 1.
    func learningRate(base: Double, step: Int, totalSteps: Int, stepsPerEpoch: Int) -> Double
}

/// `schedule: constant`: the base rate throughout.
public struct ConstantSchedule: Schedule {
    public let kind = "constant"
    public let dependsOnTotalSteps = false

    public init() {}

    public func learningRate(base: Double, step: Int, totalSteps: Int, stepsPerEpoch: Int) -> Double { base }
}
