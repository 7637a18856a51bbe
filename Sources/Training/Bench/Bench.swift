import Core
import Distributed
import Storage

/// `dtrain bench`: what this machine can do, what a configuration asks of it, and what its steps take.
public final class Bench {
    private let request: BenchRequest
    private let inputs: RunInputs
    private let communicator: any Communicator
    private let note: (String) -> Void
    private var hasWarned = false

    /// Reads and checks configuration and data.
    ///
    /// - Parameter note: told, on every rank, what is being measured.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: on every rank: what is wrong with configuration or data.
    public init(_ request: BenchRequest, communicator: any Communicator, note: @escaping (String) -> Void) throws {
        self.request = request
        self.communicator = communicator
        self.note = note
        inputs = try RunInputs(
            configurationFile: request.configurationFile, overrides: request.overrides, communicator: communicator)
    }

    /// Measures what is asked for.
    ///
    /// - Returns: the report; of use on rank 0.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: `JobFailure` where training makes values that are no numbers.
    public func run() throws -> BenchReport {
        var report = BenchReport(config: inputs.configuration.resultYAML)
        let peak = measures(.machine, .step) ? peak() : 0
        if measures(.machine) {
            note("bench: machine")
            report.machine = MachineReport(peakGflops: peak, communicator: communicator)
        }
        if measures(.products) { report.products = try products() }
        if measures(.kernels, .step, .memory) { try measureSteps(peak, &report) }
        if measures(.backends) { report.backends = BackendRow.rows(try backends()) }
        // After the trainers have gone: large gradients take their memory.
        if measures(.reduction) { report.reduction = reduction() }
        return report
    }

    private func measures(_ parts: BenchRequest.Part...) -> Bool { !request.parts.isDisjoint(with: parts) }

    /// Of this core, while all ranks measure theirs.
    private func peak() -> Double {
        communicator.barrier()
        return (0..<51).map { _ in PeakLoop.rate(Float.self) }.median
    }

    /// At the samples of the first pass of the first batch.
    private func products() throws -> [ProductRow] {
        let (configuration, train) = (inputs.configuration, inputs.datasets.train)
        let network = try Network<Float>(configuration.network, inputShape: train.sampleShape)
        let layout = ShardAssignment(
            shards: configuration.shards, passes: configuration.accumulationSteps, hostNames: communicator.hostNames
        ).partitions(rows: min(configuration.globalBatchSize, train.count), rank: communicator.rank)[0].layout
        var rows: [ProductRow] = []
        for product in NetworkProducts(network, loss: configuration.loss).products {
            note("bench: products of \(product.weights[0])")
            communicator.barrier()
            // A rank without samples has nothing to multiply.
            if layout.rows > 0 { rows += ProductTimer(product.shape, layout: layout).rows(for: product) }
        }
        return rows
    }

    private func measureSteps(_ peak: Double, _ report: inout BenchReport) throws {
        let subject = try BenchSubject(inputs, communicator: communicator)
        warn(memory: subject.trainer.memory.failure)
        if measures(.step) {
            note("bench: steps")
            report.step = try StepBench(
                subject: subject, peak: peak, steps: request.steps, warmUp: request.warmUp
            ).measure()
        }
        if measures(.kernels) {
            note("bench: kernels")
            report.kernels = try KernelBench(
                subject: subject, datasets: inputs.datasets, steps: request.steps, warmUp: request.warmUp
            ).measure()
        }
        guard measures(.memory) else { return }
        // What grows with the first step is there.
        if !measures(.step, .kernels) { try subject.step() }
        report.memory = MemoryReport(subject.memory, communicator: communicator)
    }

    /// The microseconds of steps with each backend: half of them, then the other half, so that both meet the same machine. One
    /// trainer at a time, as a large network has memory for no more.
    private func backends() throws -> [ProductBackend: [Double]] {
        var times: [ProductBackend: [Double]] = [:]
        for steps in [request.steps - request.steps / 2, request.steps / 2] where steps > 0 {
            for backend in ProductBackend.allCases {
                note("bench: steps with gemm: \(backend.rawValue)")
                let subject = try BenchSubject(inputs.with(backend), communicator: communicator)
                warn(memory: subject.trainer.memory.failure)
                times[subject.trainer.configuration.gemm, default: []] += try StepBench(
                    subject: subject, peak: 0, steps: steps, warmUp: request.warmUp
                ).times()
            }
        }
        return times
    }

    private func reduction() -> ReductionReport? {
        guard let world = communicator as? MPICommunicator else {
            note(
                "bench: reduction left out: it is over the processes of an MPI job, a rank each (mpirun -np 2 dtrain bench)"
            )
            return nil
        }
        return ReductionBench(
            configuration: inputs.configuration, communicator: world, maximumBytes: request.maximumBytes, note: note,
            warn: warn
        ).measure()
    }

    /// Says once what somebody should know of how the ranks lie on the machine.
    private func warn(memory: SharedMemoryError?) {
        guard !hasWarned else { return }
        let lines = RankWarnings.lines(communicator, memory: memory, samples: inputs.sharingFailure)
        lines.forEach(note)
        hasWarned = !lines.isEmpty
    }
}
