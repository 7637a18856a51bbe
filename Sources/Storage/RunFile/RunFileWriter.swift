import Core

/// Writes a history into an HDF5 file, table by table.
///
/// A table without rows is a group without datasets: `h5diff` calls two empty datasets not comparable.
struct RunFileWriter {
    private let history: RunHistory
    private let file: HDF5Writer

    init(_ history: RunHistory, _ file: HDF5Writer) {
        self.history = history
        self.file = file
    }

    func write() throws(HDF5Error) {
        try file.attribute("/", "format", RunFile.format)
        try file.attribute("/", "format_version", RunFile.formatVersion)
        try file.attribute("/", "config", history.config)
        try file.attribute("/", "seed", history.seed)
        try file.attribute("/", "shards", Int64(history.shards))
        try file.attribute("/", "parameter_count", Int64(history.parameterCount))
        try file.attribute("/", "NX_class", "NXroot")
        try file.attribute("/", "default", "steps")
        try writeLaunches()
        try writeEvents()
        try writeSteps()
        try writeTiming()
        try writeEpochs()
        try writeHistograms()
        if let trace = history.trace, trace.count > 0 { try write(trace) }
    }

    private func writeLaunches() throws(HDF5Error) {
        let rows = history.launches
        func text(_ name: String, _ longName: String, _ value: (RunHistory.Launch) -> String) throws(HDF5Error) {
            try file.write("/launches/\(name)", rows.map(value), .init(units: "", longName: longName))
        }
        try text("created", "when the run was started or resumed (UTC)") { $0.created }
        try text("dtrain_version", "version of dtrain") { $0.dtrainVersion }
        try integers(
            "/launches/first_step", rows.map(\.firstStep), .init(units: "1", longName: "first step that was trained"))
        try integers("/launches/ranks", rows.map(\.ranks), .init(units: "1", longName: "ranks"))
        try integers(
            "/launches/processes", rows.map(\.processes), .init(units: "1", longName: "processes that ranks ran in"))
        try integers("/launches/nodes", rows.map(\.nodes), .init(units: "1", longName: "nodes"))
        try text("hosts", "names of the nodes") { $0.hosts }
        try text("mpi_library", "MPI library") { $0.mpiLibrary }
        try text("command", "command line") { $0.command }
    }

    private func writeEvents() throws(HDF5Error) {
        let rows = history.events
        guard !rows.isEmpty else { return try file.group("/events") }
        try integers(
            "/events/step", rows.map(\.step), .init(units: "1", longName: "steps done when it happened", isScale: true))
        let scales: [String?] = ["/events/step"]
        try file.write("/events/kind", rows.map(\.kind), .init(units: "", longName: "what happened", scales: scales))
        try file.write("/events/detail", rows.map(\.detail), .init(units: "", longName: "details", scales: scales))
    }

    private func writeSteps() throws(HDF5Error) {
        let rows = history.steps
        guard !rows.isEmpty else { return try file.group("/steps") }
        let scales: [String?] = ["/steps/step"]
        try integers("/steps/step", rows.map(\.step), .init(units: "1", longName: "step", isScale: true))
        try plot("/steps", signal: "loss", axes: ["step"])
        try file.attribute("/steps", "SILX_style", #"{"signal_scale_type": "log"}"#)
        try file.write(
            "/steps/loss", rows.map(\.loss),
            .init(units: "1", longName: "training loss, mean over the batch", scales: scales))
        try file.write(
            "/steps/learning_rate", rows.map(\.learningRate),
            .init(units: "1", longName: "learning rate", scales: scales))
        try file.write(
            "/steps/gradient_norm", rows.map(\.gradientNorm),
            .init(units: "1", longName: "2-norm of the gradient, before clipping", scales: scales))
        try integers(
            "/steps/samples", rows.map(\.samples), .init(units: "1", longName: "samples in the batch", scales: scales))
        try file.write(
            "/steps/status", rows.map(\.status.rawValue),
            names: RunHistory.Step.Status.allCases.map { ($0.name, $0.rawValue) },
            .init(units: "", longName: "what became of the step", scales: scales))
    }

    private func writeTiming() throws(HDF5Error) {
        let timing = history.timing
        try integers("/timing/step", timing.steps, .init(units: "1", longName: "step", isScale: true))
        try file.write("/timing/phase", timing.phases, .init(units: "", longName: "part of a step", isScale: true))
        try plot("/timing", signal: "samples_per_second", axes: ["step"])
        try file.write(
            "/timing/samples_per_second", timing.samplesPerSecond,
            .init(units: "1/s", longName: "samples a second", scales: ["/timing/step"]))
        try file.write(
            "/timing/phase_seconds", timing.phaseSeconds, shape: [timing.count, timing.phases.count],
            .init(
                units: "s", longName: "time spent in each part of the step", scales: ["/timing/step", "/timing/phase"]))
    }

    private func writeEpochs() throws(HDF5Error) {
        let rows = history.epochs
        guard !rows.isEmpty else { return try file.group("/epochs") }
        try integers("/epochs/epoch", rows.map(\.epoch), .init(units: "1", longName: "epoch", isScale: true))
        try plot("/epochs", signal: "test_accuracy", axes: ["epoch"])
        try file.attribute("/epochs", "auxiliary_signals", ["train_accuracy"])
        func column(_ name: String, _ longName: String, _ value: (RunHistory.Epoch) -> Double) throws(HDF5Error) {
            try file.write(
                "/epochs/\(name)", rows.map(value), .init(units: "1", longName: longName, scales: ["/epochs/epoch"]))
        }
        try column("train_loss", "training loss, mean over the epoch") { $0.trainLoss }
        try column("train_accuracy", "training accuracy over the epoch, 0 to 1") { $0.trainAccuracy }
        try column("test_loss", "test loss after the epoch") { $0.testLoss }
        try column("test_accuracy", "test accuracy after the epoch, 0 to 1") { $0.testAccuracy }
    }

    private func writeHistograms() throws(HDF5Error) {
        let table = history.histograms
        let bins = table.bins
        try file.write(
            "/histograms/edges", bins.edges,
            .init(units: "1", longName: "borders of the bins; each bin holds the border of lower magnitude"))
        try file.attribute("/histograms", "subdivisions", Int64(bins.subdivisions))
        try file.attribute("/histograms", "parameters", table.parameters)
        guard table.count > 0 else { return }
        try integers("/histograms/step", table.steps, .init(units: "1", longName: "step", isScale: true))
        for kind in HistogramTable.Kind.allCases {
            try file.group("/histograms/\(kind.rawValue)")
            for (parameter, name) in table.parameters.enumerated() {
                let path = "/histograms/\(kind.rawValue)/\(name)"
                let offset = table.offset(kind, parameter: parameter)
                func column(_ slots: Range<Int>) -> [UInt64] {
                    (0..<table.count).flatMap { row in
                        let start = row * table.rowCount + offset
                        return table.counts[(start + slots.lowerBound)..<(start + slots.upperBound)]
                    }
                }
                let what = "\(kind.rawValue) of \(name)"
                try file.write(
                    "\(path)/counts", column(0..<bins.count), shape: [table.count, bins.count],
                    .init(
                        units: "1", longName: "\(what): elements in each bin", scales: ["/histograms/step"],
                        labels: ["step", "bin"]))
                try plot(path, signal: "counts", axes: ["step", "."])
                try file.softLink("\(path)/step", to: "/histograms/step")
                for (slot, special) in HistogramTable.specials.enumerated() {
                    try file.write(
                        "\(path)/\(special.name)", column((bins.count + slot)..<(bins.count + slot + 1)),
                        .init(units: "1", longName: "\(what): \(special.longName)", scales: ["/histograms/step"]))
                }
            }
        }
    }

    private func write(_ trace: TraceTable) throws(HDF5Error) {
        try integers("/trace/step", trace.steps, .init(units: "1", longName: "step", isScale: true))
        try file.write(
            "/trace/tensor", trace.tensors,
            .init(units: "", longName: "what is hashed, in the order of execution", isScale: true))
        try file.write(
            "/trace/hashes", trace.hashes, shape: [trace.count, trace.tensors.count],
            .init(
                units: "1", longName: "hash of each tensor", scales: ["/trace/step", "/trace/tensor"],
                filters: .checksum))
    }

    private func integers(
        _ path: String, _ values: [Int], _ description: HDF5Writer.Description
    ) throws(HDF5Error) {
        try file.write(path, values.map { Int64($0) }, description)
    }

    /// Says what a viewer should draw of a group first. Source: NeXus, "Associating plottable data using attributes".
    private func plot(_ group: String, signal: String, axes: [String]) throws(HDF5Error) {
        try file.attribute(group, "NX_class", "NXdata")
        try file.attribute(group, "signal", signal)
        try file.attribute(group, "axes", axes)
    }
}

extension HistogramTable {
    /// What follows the bins in memory, as datasets beside `counts`.
    static let specials: [(name: String, longName: String)] = [
        ("nan", "elements that are not a number"),
        ("positive_infinity", "elements that are +infinity"),
        ("negative_infinity", "elements that are -infinity"),
        ("exact_zeros", "elements that are 0, also counted in the zero bin"),
    ]
}
