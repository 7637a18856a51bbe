/// `schedule: {warmUp: {steps: 100, then: cosine}}`: a linear rise over the first steps, then any other schedule.
///
/// Step s of the w warm-up steps has (s + 1) / (w + 1) of the rate that the other schedule begins with. That schedule then
/// runs as if the run began after the warm-up: its steps, epochs and total are counted from there.
/// Source: Goyal et al., "Accurate, large minibatch SGD" (2017), section 2.2.
public struct WarmUpSchedule: Schedule {
    public var kind: String { following.kind }
    public let steps: Int
    public let following: any Schedule

    public init(steps: Int, then following: any Schedule) {
        require(steps >= 0, "a warm-up of \(steps) steps")
        self.steps = steps
        self.following = following
    }

    public var dependsOnTotalSteps: Bool { following.dependsOnTotalSteps }

    public func learningRate(base: Double, step: Int, totalSteps: Int, stepsPerEpoch: Int) -> Double {
        let rest = following.learningRate(
            base: base, step: max(step - steps, 0), totalSteps: max(totalSteps - steps, 0),
            stepsPerEpoch: stepsPerEpoch)
        return step < steps ? rest * (Double(step + 1) / Double(steps + 1)) : rest
    }
}
