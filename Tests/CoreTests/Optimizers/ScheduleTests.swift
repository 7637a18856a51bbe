import Core
import Testing

struct ScheduleTests {
    private func rates(
        _ schedule: any Schedule, _ steps: [Int], totalSteps: Int = 100, stepsPerEpoch: Int = 10
    ) -> [Double] {
        steps.map {
            schedule.learningRate(base: 0.5, step: $0, totalSteps: totalSteps, stepsPerEpoch: stepsPerEpoch)
        }
    }

    @Test func constantIsTheBase() {
        #expect(rates(ConstantSchedule(), [0, 50, 1000]) == [0.5, 0.5, 0.5])
    }

    @Test func stepFallsEverySoManyEpochs() {
        let schedule = StepSchedule(everyEpochs: 3, factor: 0.5)
        #expect(rates(schedule, [0, 29, 30, 59, 60, 95]) == [0.5, 0.5, 0.25, 0.25, 0.125, 0.0625])
    }

    @Test func exponentialFallsEveryEpoch() {
        let schedule = ExponentialSchedule(factor: 0.5)
        #expect(rates(schedule, [0, 9, 10, 25, 39]) == [0.5, 0.5, 0.25, 0.125, 0.0625])
        #expect(rates(ExponentialSchedule(factor: 0.95), [100]).isClose(to: [0.299368469619189453], 1e-13))
    }

    @Test func cosineFallsToItsEnd() {
        #expect(rates(CosineSchedule(), [0, 50, 100, 200]).isClose(to: [0.5, 0.25, 0, 0], 1e-16))
        // (1 + cos 60°)/2 = 3/4 and (1 + cos 30°)/2.
        #expect(rates(CosineSchedule(), [1, 2], totalSteps: 6).isClose(to: [0.25 + 0.2165063509461097, 0.375], 1e-15))
        #expect(rates(CosineSchedule(final: 0.2), [0, 50, 100]).isClose(to: [0.5, 0.3, 0.1], 1e-15))
    }

    @Test func warmUpRisesToWhatFollows() {
        let schedule = WarmUpSchedule(steps: 4, then: ConstantSchedule())
        #expect(rates(schedule, [0, 1, 2, 3, 4, 5]).isClose(to: [0.1, 0.2, 0.3, 0.4, 0.5, 0.5], 1e-15))
        #expect(rates(WarmUpSchedule(steps: 0, then: ConstantSchedule()), [0]) == [0.5])
    }

    @Test func whatFollowsBeginsAfterTheWarmUp() {
        let cosine = WarmUpSchedule(steps: 20, then: CosineSchedule())
        #expect(rates(cosine, [20, 60, 100]).isClose(to: [0.5, 0.25, 0], 1e-16))
        let step = WarmUpSchedule(steps: 5, then: StepSchedule(everyEpochs: 1, factor: 0.5))
        #expect(rates(step, [5, 14, 15]) == [0.5, 0.5, 0.25])
    }

    @Test func onlyCosineNeedsTheRunsLength() {
        #expect(!ConstantSchedule().dependsOnTotalSteps && !StepSchedule(everyEpochs: 1).dependsOnTotalSteps)
        #expect(!ExponentialSchedule(factor: 0.9).dependsOnTotalSteps && CosineSchedule().dependsOnTotalSteps)
        #expect(WarmUpSchedule(steps: 1, then: CosineSchedule()).dependsOnTotalSteps)
        #expect(!WarmUpSchedule(steps: 1, then: ConstantSchedule()).dependsOnTotalSteps)
        // And it is true: another length gives the others the same rates.
        for schedule in [ConstantSchedule(), StepSchedule(everyEpochs: 2), ExponentialSchedule(factor: 0.9)]
            as [any Schedule]
        {
            #expect(rates(schedule, [0, 30, 77]) == rates(schedule, [0, 30, 77], totalSteps: 1000))
        }
        #expect(rates(CosineSchedule(), [30]) != rates(CosineSchedule(), [30], totalSteps: 1000))
    }
}
