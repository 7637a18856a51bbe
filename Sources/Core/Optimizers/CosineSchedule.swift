/// `schedule: {cosine: {final: 0}}`: half a cosine from the base rate at the first step to `final`·base after the last.
///
/// base · (final + (1 − final) · (1 + cos(π·step / totalSteps)) / 2).
/// Source: Loshchilov & Hutter, "SGDR: stochastic gradient descent with warm restarts" (2017), eq. 5, without restarts.
public struct CosineSchedule: Schedule {
    public let kind = "cosine"
    public let dependsOnTotalSteps = true
    /// What remains of the base rate at the end, as a fraction.
    public let final: Double

    public init(final: Double = 0) {
        require(final >= 0 && final <= 1, "a cosine schedule's final fraction of \(final); it must be in [0, 1]")
        self.final = final
    }

    public func learningRate(base: Double, step: Int, totalSteps: Int, stepsPerEpoch: Int) -> Double {
        guard totalSteps > 0 else { return base }
        let progress = Double(min(step, totalSteps)) / Double(totalSteps)
        let cosine = Double.cos(.pi * progress)
        return base * (final + (1 - final) * (1 + cosine) / 2)
    }
}
