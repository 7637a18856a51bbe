/// `schedule: {exponential: {factor: 0.95}}`: base · factor^epoch, constant within an epoch.
public struct ExponentialSchedule: Schedule {
    public let kind = "exponential"
    public let dependsOnTotalSteps = false
    public let factor: Double

    public init(factor: Double) {
        require(factor > 0 && factor.isFinite, "an exponential schedule's factor of \(factor); it must be above 0")
        self.factor = factor
    }

    public func learningRate(base: Double, step: Int, totalSteps: Int, stepsPerEpoch: Int) -> Double {
        base * Double.pow(factor, Double(step / stepsPerEpoch))
    }
}
