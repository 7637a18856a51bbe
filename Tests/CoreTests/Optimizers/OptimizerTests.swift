import Core
import Testing

struct OptimizerTests {
    static let descriptions: [any OptimizerDescription] = [
        SGDDescription(learningRate: 0.1, weightDecay: 0.01),
        MomentumDescription(learningRate: 0.1, momentum: 0.8, weightDecay: 0.01),
        NesterovDescription(learningRate: 0.1, momentum: 0.8, weightDecay: 0.01),
        AdamDescription(learningRate: 0.1, weightDecay: 0.01), AdamWDescription(learningRate: 0.1, weightDecay: 0.01),
    ]

    @Test func sgdStepsAgainstTheGradient() {
        var sgd = TestOptimizer<Double>(SGDDescription(learningRate: 0.5, weightDecay: 0.5), [4, 1])
        sgd.update([1, -1])
        // w − ½·(g + ½·w).
        #expect(sgd.values == [4 - 0.5 * 3, 1 + 0.5 * 0.5])
        sgd.update([0, 2], decays: false)
        #expect(sgd.values == [2.5, 0.25])
    }

    @Test func momentumGathersVelocity() {
        var momentum = TestOptimizer<Double>(MomentumDescription(learningRate: 0.5, momentum: 0.5), [1])
        momentum.update([2])
        #expect(momentum.values == [0] && momentum.slots == [[2]])
        momentum.update([1])
        #expect(momentum.values == [-1] && momentum.slots == [[2]])
        // A changed rate acts at once.
        momentum.update([0], learningRate: 0.25)
        #expect(momentum.values == [-1.25] && momentum.slots == [[1]])
    }

    @Test func nesterovLooksAhead() {
        var nesterov = TestOptimizer<Double>(NesterovDescription(learningRate: 0.5, momentum: 0.5), [1])
        nesterov.update([2])
        // v = 2, step ½·(2 + ½·2).
        #expect(nesterov.values == [-0.5] && nesterov.slots == [[2]])
        nesterov.update([1])
        // v = 2, step ½·(1 + 1).
        #expect(nesterov.values == [-1.5] && nesterov.slots == [[2]])
    }

    /// With a constant gradient both corrected moments are those of the gradient, so every step is lr·sign(g).
    @Test(
        arguments: [AdamDescription(learningRate: 0.125), AdamWDescription(learningRate: 0.125, weightDecay: 0)]
            as [any OptimizerDescription])
    func adamIsCorrectedForItsStart(description: any OptimizerDescription) {
        var adam = TestOptimizer<Double>(description, [1, 1, 1])
        for step in 1...20 {
            adam.update([3, -0.001, 0])
            let moved = 0.125 * Double(step)
            #expect(adam.values.isClose(to: [1 - moved, 1 + moved, 1], 1e-4))
        }
        #expect(
            adam.slots[0].isClose(to: [3 * (1 - Double.pow(0.9, 20)), -0.001 * (1 - Double.pow(0.9, 20)), 0], 1e-14))
        #expect(adam.slots[1][0].isClose(to: 9 * (1 - Double.pow(0.999, 20)), 1e-13))
    }

    @Test func adamCouplesDecayAndAdamWDoesNot() {
        var adam = TestOptimizer<Double>(AdamDescription(learningRate: 0.125, weightDecay: 0.5), [2])
        adam.update([0])
        // g = 1: one whole step.
        #expect(adam.values.isClose(to: [1.875], 1e-8) && adam.slots[0].isClose(to: [0.1], 1e-15))
        var adamw = TestOptimizer<Double>(AdamWDescription(learningRate: 0.125, weightDecay: 0.5), [2])
        adamw.update([0])
        // w·(1 − lr·wd), and no step.
        #expect(adamw.values == [2 * (1 - 0.0625)] && adamw.slots == [[0], [0]])
    }

    @Test(arguments: descriptions)
    func whatDoesNotDecayIsNotDecayed(description: any OptimizerDescription) {
        var still = TestOptimizer<Float>(description, [3])
        still.update([0], decays: false)
        #expect(still.values == [3])
        var decayed = TestOptimizer<Float>(description, [3])
        decayed.update([0])
        #expect(decayed.values[0] < 3)
    }

    /// An element's result does not depend on who updates which stretch.
    @Test(arguments: descriptions)
    func stretchesDoNotChangeABit(description: any OptimizerDescription) {
        var whole = TestOptimizer<Float>(description, numbers(2100))
        var pieces = TestOptimizer<Float>(description, numbers(2100))
        for step in 0..<3 {
            let gradients = numbers(2100, scale: 0.1, phase: Double(step))
            whole.update(gradients)
            pieces.update(gradients, pieces: [0..<1, 1..<8, 8..<1025, 1025..<1025, 1025..<2099, 2099..<2100])
        }
        #expect(whole.values.map(\.bitPattern) == pieces.values.map(\.bitPattern))
        #expect(whole.slots == pieces.slots)
    }

    @Test(arguments: descriptions)
    func floatDoubleAndDualAgree(description: any OptimizerDescription) {
        var float = TestOptimizer<Float>(description, numbers(50))
        var double = TestOptimizer<Double>(description, numbers(50))
        var dual = TestOptimizer<Dual<Double>>(description, numbers(50))
        for step in 0..<5 {
            let gradients = numbers(50, phase: Double(step))
            float.update(gradients)
            double.update(gradients)
            dual.update(gradients)
        }
        #expect(float.values.reals.isClose(to: double.values, 1e-5))
        #expect(dual.values.reals.isClose(to: double.values, 1e-14))
    }

    @Test func slotsAndKindsHaveTheirNames() {
        #expect(Self.descriptions.map(\.kind) == ["sgd", "momentum", "nesterov", "adam", "adamw"])
        #expect(
            Self.descriptions.map { $0.makeOptimizer(Float.self).slotNames }
                == [
                    [], ["velocity"], ["velocity"], ["first_moment", "second_moment"],
                    ["first_moment", "second_moment"],
                ])
    }
}

extension Double {
    /// Whether this is within `tolerance` of `expected`, relative to it or to 1 if that is more.
    func isClose(to expected: Double, _ tolerance: Double) -> Bool { [self].isClose(to: [expected], tolerance) }
}
