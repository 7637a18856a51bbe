import Core
import Distributed
import Storage

/// The debug mode: layers, gradient checks, guarded training, a comparison of rank counts, and a dump of one step.
public final class DebugSession {
    private let request: DebugRequest
    private let inputs: RunInputs
    private let communicator: any Communicator
    private let print: (String) -> Void
    private var failures: [String] = []

    /// Reads and checks configuration and data.
    ///
    /// - Parameter print: writes one paragraph of the report.
    /// - Important: Collective; every rank calls it in the same order.
    public init(_ request: DebugRequest, communicator: any Communicator, print: @escaping (String) -> Void) throws {
        self.request = request
        self.communicator = communicator
        self.print = print
        inputs = try RunInputs(
            configurationFile: request.configurationFile, overrides: request.overrides, communicator: communicator)
        if let dump = request.dump { try communicator.together { try checkDump(dump) } }
    }

    /// Runs every check and prints what it found.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    /// - Throws: `JobFailure` with exit code 70 after the last check if any failed.
    public func run() throws {
        let network = try Network<Float>(
            inputs.configuration.network, inputShape: inputs.datasets.train.sampleShape)
        print("Layers\n\n\(NetworkGraph(network, loss: inputs.configuration.loss).text)\n")
        try checkGradients()
        let reference = try guardedTraining()
        try compareRanks(with: reference)
        try communicator.together {
            guard failures.isEmpty else {
                throw RunFailure(.failed, "debug: \(failures.joined(separator: "; "))")
            }
        }
        print("Every check passed.")
    }

    private var stepCount: Int {
        let steps = inputs.configuration.epochs * stepsPerEpoch
        let wanted = request.steps ?? min(50, stepsPerEpoch)
        return min(steps, max(wanted, request.dump?.step ?? 1))
    }

    private var stepsPerEpoch: Int {
        let batch = inputs.configuration.globalBatchSize
        let samples = inputs.datasets.train.count
        return inputs.configuration.dropLast ? samples / batch : (samples + batch - 1) / batch
    }

    private func checkDump(_ dump: DebugRequest.Dump) throws {
        guard dump.step <= inputs.configuration.epochs * stepsPerEpoch else {
            throw ConfigurationError(
                source: "--step",
                message: "\(dump.step) is after the last step, \(inputs.configuration.epochs * stepsPerEpoch)")
        }
    }

    /// Every layer alone, then the whole network with its loss, in `Double`; each also by dual numbers.
    private func checkGradients() throws {
        let report = try GradientReport(
            inputs.configuration.network, loss: inputs.configuration.loss,
            inputShape: inputs.datasets.train.sampleShape)
        print(report.description + "\n")
        failures += report.failures
    }

    /// Trains some steps on one rank with every value guarded; writes the dump on the way.
    private func guardedTraining() throws -> TrainingTrace {
        let trainer = try Trainer(inputs.configuration, datasets: inputs.datasets, communicator: SingleCommunicator())
        let valueGuard = ValueGuard(trainer.network)
        var trace = TrainingTrace()
        for step in 0..<stepCount {
            let isDumped = step + 1 == request.dump?.step
            let dump = isDumped ? StepDump(trainer, next: valueGuard) : nil
            trainer.network.observer = dump ?? valueGuard as any PassObserver<Float>
            let result = trainer.step(step) { gradient in dump?.keep(gradient: gradient, of: trainer) }
            trace.losses.append(result.loss)
            if let dump, communicator.rank == 0 {
                try dump.file(result, config: inputs.configuration.resultYAML).write(to: request.dump!.path)
            }
            if let finding = valueGuard.finding {
                failures.append("\(finding)")
                print(
                    "Values\n\n\(stepCount) steps guarded; the first value that is no number:\n\(finding)\n"
                )
                return trace
            }
            guard result.isFinite else {
                failures.append("step \(step + 1): loss \(result.loss), gradient norm \(result.gradientNorm)")
                print("Values\n\nstep \(step + 1): loss \(result.loss), gradient norm \(result.gradientNorm)\n")
                return trace
            }
        }
        trace.digest = trainer.digest(step: stepCount)
        print(
            "Values\n\n\(stepCount) steps on one rank: every output, gradient and parameter gradient is a number; "
                + "loss \(trace.losses.first!) → \(trace.losses.last!)\n")
        if let dump = request.dump {
            print("Dump\n\nstep \(dump.step) is in \(dump.path); look at it: h5dump -n \(dump.path)\n")
        }
        return trace
    }

    /// The same steps on virtual ranks, and on the real ones where there are several.
    private func compareRanks(with reference: TrainingTrace) throws {
        guard request.virtualRanks != nil || communicator.size > 1, let digest = reference.digest else { return }
        var table = TextTable([
            ("ranks", .left), ("losses", .left), ("digest of the state", .left), ("same bits", .left),
        ])
        func add(_ name: String, _ trace: TrainingTrace) {
            let isSame = trace == reference
            table.add([
                name, trace.losses == reference.losses ? "same" : "differ", trace.digest ?? "-", isSame ? "yes" : "NO",
            ])
            if !isSame { failures.append("\(name) ranks give other bits than one") }
        }
        table.add(["1", "same", digest, "yes"])
        if let ranks = request.virtualRanks {
            let inputs = inputs
            let stepCount = stepCount
            let traces = try ThreadCommunicator.run(size: ranks) { communicator in
                try TrainingTrace(inputs, steps: stepCount, communicator: communicator)
            }
            add("\(ranks) virtual", traces[0])
        }
        if communicator.size > 1 {
            let trace = try TrainingTrace(inputs, steps: stepCount, communicator: communicator)
            // The others have no digest to compare.
            if communicator.rank == 0 { add("\(communicator.size) real", trace) }
        }
        print("Ranks\n\n\(stepCount) steps at each number of ranks:\n\n\(table)\n")
    }
}

/// What some steps of training gave: equal for equal bits.
struct TrainingTrace: Equatable, Sendable {
    var losses: [Double] = []
    /// Of parameters, optimiser state and buffers after the last step; nil where training broke off, and off rank 0.
    var digest: String?

    init() {}

    /// Trains `steps` steps from the start.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    init(_ inputs: RunInputs, steps: Int, communicator: any Communicator) throws {
        let trainer = try Trainer(inputs.configuration, datasets: inputs.datasets, communicator: communicator)
        for step in 0..<steps { losses.append(trainer.step(step).loss) }
        digest = trainer.digest(step: steps)
    }
}
