/// `schedule: {step: {everyEpochs: 10, factor: 0.1}}`: base · factor^⌊epoch / everyEpochs⌋.
public struct StepSchedule: Schedule {
    public let kind = "step"
    public let dependsOnTotalSteps = false
    public let everyEpochs: Int
    public let factor: Double

    public init(everyEpochs: Int, factor: Double = 0.1) {
        require(everyEpochs > 0, "a step schedule of every \(everyEpochs) epochs")
        require(factor > 0 && factor.isFinite, "a step schedule's factor of \(factor); it must be above 0")
        self.everyEpochs = everyEpochs
        self.factor = factor
    }

    public func learningRate(base: Double, step: Int, totalSteps: Int, stepsPerEpoch: Int) -> Double {
        base * Double.pow(factor, Double(step / stepsPerEpoch / everyEpochs))
    }
}
