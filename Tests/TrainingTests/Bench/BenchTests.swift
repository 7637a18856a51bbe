import Core
import Distributed
import Glibc
import Testing
import Training

/// What `dtrain bench` does for a library's user, on ranks that are threads.
@Suite struct BenchTests {
    private static let network =
        "[{linear: 6}, batchnorm, {dropout: 0.3}, tanh, {residual: [{linear: 6}]}, {linear: 10}]"

    private static func report(
        ranks: Int, _ parts: Set<BenchRequest.Part>, _ keys: [String: String] = [:], network: String = network
    ) throws -> BenchReport {
        try ThreadCommunicator.run(size: ranks) { communicator in
            let overrides = keys.merging(["network": network]) { $1 }.map { ConfigurationOverride.set("\($0)=\($1)") }
            return try Bench(
                BenchRequest(overrides: overrides, parts: parts, steps: 4, warmUp: 1), communicator: communicator,
                note: { _ in }
            ).run()
        }[0]
    }

    /// Two of batchnorm, one for the gradients, one for norm, loss and flags together, and one for the new parameters.
    @Test func theWaitsOfAStepAreNamed() throws {
        let step = try #require(try Self.report(ranks: 3, [.step]).step)
        let waits = try #require(step.waits)
        #expect(waits.byKind == ["batch_statistics": 2, "gradients": 1, "norms": 1, "parameters": 1], "\(waits)")
        #expect(waits.total == waits.byKind.values.reduce(0, +))
        #expect(step.globalBatchSize == 256 && step.localBatchSize == 96 && step.steps == 4)
    }

    /// The losses of a pass that is not the batch's last are summed by themselves; the reduction waits twice then.
    @Test func aPassMoreWaitsOnceForItsLosses() throws {
        let step = try #require(try Self.report(ranks: 2, [.step], ["accumulationSteps": "2"]).step)
        #expect(
            step.waits?.byKind
                == ["batch_statistics": 4, "gradients": 3, "loss": 1, "norms": 1, "parameters": 1], "\(step.waits!)")
    }

    /// Each backend in a trainer of its own, whichever the configuration names.
    @Test(arguments: ["native", "blas"])
    func bothBackendsTakeSteps(configured: String) throws {
        let rows = try #require(try Self.report(ranks: 2, [.backends], ["gemm": configured]).backends)
        #expect(rows.map(\.gemm) == ["native", "blas"] && rows.map(\.steps) == [4, 4], "\(rows)")
        #expect(rows[0].overNative == 1 && rows.allSatisfy { 0 < $0.medianMicroseconds }, "\(rows)")
        #expect(rows[1].overNative == rows[1].medianMicroseconds / rows[0].medianMicroseconds, "\(rows)")
        #expect(rows.allSatisfy { $0.medianMicroseconds <= $0.p95Microseconds }, "\(rows)")
    }

    /// Two steps of 4 µs, in which the ranks come late in turn.
    @Test func stepsAddUpToWhatPassed() {
        #expect(StepBench.times(ofSteps: [[3, 5], [5, 3]]) == [4, 4])
    }

    /// What is waited is in no other phase: together they are the step. What moves much is no waiting.
    @Test func thePhasesAddUp() {
        let waits = WaitCounter()
        var clock = StepClock(waits: waits)
        clock.begin()
        clock.end(.load)
        waits.naming(.batchStatistics) { waits.measure { _ = usleep(3000) } }
        clock.end(.forward)
        waits.naming(.parameters) { waits.measure { _ = usleep(2000) } }
        clock.end(.publish)
        let times = StepBench.microseconds(of: clock)
        let parts = times.filter { $0.key != "all" }.values.reduce(0, +)
        #expect((parts - times["all"]!).magnitude < 1e-3)
        let waited = waits.duration(.batchStatistics) / .microseconds(1)
        #expect((times["wait"]! - waited).magnitude < 1e-3 && waited >= 3000)
        #expect((times["forward"]! + waited - clock.seconds[StepPhase.forward.rawValue] * 1e6).magnitude < 1e-3)
        #expect(times["publish"]! >= 2000)
    }

    @Test func everyPhaseIsReported() throws {
        let step = try #require(try Self.report(ranks: 1, [.step]).step)
        #expect(step.waits == nil)
        #expect(
            step.phases.map(\.phase) == ["load", "forward", "backward", "wait", "reduce", "update", "publish", "all"])
        #expect(step.floorMicroseconds > 0 && step.stepOverFloor > 1)
        #expect(step.phases.allSatisfy { $0.medianMicroseconds >= 0 && $0.p95Microseconds >= $0.medianMicroseconds })
    }

    /// The products of a convolution are those of its own passes, of all images: 28² places see windows of 3² pixels.
    @Test func aConvolutionIsTimedAsItRuns() throws {
        let network = """
            [{reshape: [28, 28, 1]}, {convolution: {outputs: 4, kernel: 3, padding: 1}}, \
            {convolution: {outputs: 4, kernel: 3, stride: 2}}, globalAveragePool, {linear: 10}]
            """
        let rows = try #require(
            try Self.report(ranks: 2, [.products], ["globalBatchSize": "16"], network: network).products)
        let convolutions = rows.filter { $0.calls == "convolution" }
        #expect(convolutions.map(\.product) == ["forward", "dW", "forward", "dX", "dW"])
        #expect(convolutions.map(\.rowsPerSample) == [784, 784, 169, 169, 169])
        #expect(convolutions[0].flops == Double(2 * 8 * 784 * 9 * 4))
        for row in convolutions {
            #expect(row.nativeMicroseconds > 0 && row.blasMicroseconds > 0 && row.samples == 8)
            #expect((row.nativeGflops * row.nativeMicroseconds * 1e3 / row.flops - 1).magnitude < 1e-9)
        }
    }

    /// Forward in the order of the layers, then back; a container after what is inside it.
    @Test func everyKernelIsTimed() throws {
        let rows = try #require(try Self.report(ranks: 2, [.kernels], ["accumulationSteps": "4"]).kernels)
        let layers = ["linear1", "batchnorm1", "dropout1", "tanh1", "residual1/linear1", "residual1", "linear2"]
        let back = ["linear2", "residual1/linear1", "residual1", "tanh1", "dropout1", "batchnorm1", "linear1"]
        #expect(rows.map(\.kernel) == ["batch"] + layers + ["loss"] + back + ["optimizer"])
        #expect(rows.allSatisfy { $0.bytes > 0 && $0.microseconds > 0 })
        // 128 of 256 samples are this rank's, in four passes of 32: 784 and 6 numbers each, and 4,710 parameters a pass.
        #expect(rows[1].bytes == 4 * (128 * (784 + 6) + 4 * (784 * 6 + 6)))
    }

    @Test func onlyWhatIsAskedForIsMeasured() throws {
        let report = try Self.report(ranks: 2, [.memory])
        #expect(report.memory != nil && report.step == nil && report.kernels == nil && report.products == nil)
        #expect(report.machine == nil && report.reduction == nil)
        // There is no MPI between threads.
        #expect(try Self.report(ranks: 2, [.reduction]).reduction == nil)
    }

    @Test func unknownPartsAreNamed() throws {
        #expect(try BenchRequest.parts("step,memory") == [.step, .memory])
        let error = #expect(throws: ConfigurationError.self) { try BenchRequest.parts("step,kernel") }
        #expect(error?.description == "--only: no part is called 'kernel'; did you mean 'kernels'?")
    }
}
