import Core

/// Reads a history from an HDF5 file, table by table.
struct RunFileReader {
    private let file: HDF5Reader

    init(_ file: HDF5Reader) {
        self.file = file
    }

    func history() throws(HDF5Error) -> RunHistory {
        var history = RunHistory(
            config: try file.attribute("/", "config"), seed: try file.attribute("/", "seed", as: UInt64.self),
            shards: Int(try file.attribute("/", "shards", as: Int64.self)),
            parameterCount: Int(try file.attribute("/", "parameter_count", as: Int64.self)),
            phases: try file.readStrings("/timing/phase"), histograms: try histograms())
        history.launches = try launches()
        history.events = try events()
        history.steps = try steps()
        history.timing = try timing()
        history.epochs = try epochs()
        history.trace = try trace()
        return history
    }

    private func launches() throws(HDF5Error) -> [RunHistory.Launch] {
        let created = try file.readStrings("/launches/created")
        let count = created.count
        let firstSteps = try integers("/launches/first_step", count)
        let versions = try strings("/launches/dtrain_version", count)
        let ranks = try integers("/launches/ranks", count)
        // Before ranks could be threads, each was a process.
        let processes =
            try file.exists("/launches/processes") ? try integers("/launches/processes", count) : ranks
        let nodes = try integers("/launches/nodes", count)
        let hosts = try strings("/launches/hosts", count)
        let libraries = try strings("/launches/mpi_library", count)
        let commands = try strings("/launches/command", count)
        return (0..<count).map {
            RunHistory.Launch(
                created: created[$0], firstStep: firstSteps[$0], dtrainVersion: versions[$0], ranks: ranks[$0],
                processes: processes[$0], nodes: nodes[$0], hosts: hosts[$0], mpiLibrary: libraries[$0],
                command: commands[$0])
        }
    }

    private func events() throws(HDF5Error) -> [RunHistory.Event] {
        guard try file.exists("/events/step") else { return [] }
        let steps = try integers("/events/step")
        let kinds = try strings("/events/kind", steps.count)
        let details = try strings("/events/detail", steps.count)
        return steps.indices.map { RunHistory.Event(step: steps[$0], kind: kinds[$0], detail: details[$0]) }
    }

    private func steps() throws(HDF5Error) -> [RunHistory.Step] {
        guard try file.exists("/steps/step") else { return [] }
        let steps = try integers("/steps/step")
        let count = steps.count
        let losses = try doubles("/steps/loss", count)
        let learningRates = try doubles("/steps/learning_rate", count)
        let gradientNorms = try doubles("/steps/gradient_norm", count)
        let samples = try integers("/steps/samples", count)
        let names = RunHistory.Step.Status.allCases.map { ($0.name, $0.rawValue) }
        let statuses = try same(file.read("/steps/status", names: names), count, "/steps/status")
        var rows: [RunHistory.Step] = []
        for i in 0..<count {
            guard let status = RunHistory.Step.Status(rawValue: statuses[i]) else {
                throw HDF5Error("/steps/status holds \(statuses[i])")
            }
            rows.append(
                RunHistory.Step(
                    step: steps[i], loss: losses[i], learningRate: learningRates[i], gradientNorm: gradientNorms[i],
                    samples: samples[i], status: status))
        }
        return rows
    }

    private func timing() throws(HDF5Error) -> TimingTable {
        var table = TimingTable(phases: try file.readStrings("/timing/phase"))
        let steps = try integers("/timing/step")
        let rates = try doubles("/timing/samples_per_second", steps.count)
        let phases = table.phases.count
        let seconds = try doubles("/timing/phase_seconds", steps.count * phases)
        for i in steps.indices {
            table.append(
                step: steps[i], samplesPerSecond: rates[i],
                phaseSeconds: Array(seconds[(i * phases)..<((i + 1) * phases)]))
        }
        return table
    }

    private func epochs() throws(HDF5Error) -> [RunHistory.Epoch] {
        guard try file.exists("/epochs/epoch") else { return [] }
        let epochs = try integers("/epochs/epoch")
        let trainLosses = try doubles("/epochs/train_loss", epochs.count)
        let trainAccuracies = try doubles("/epochs/train_accuracy", epochs.count)
        let testLosses = try doubles("/epochs/test_loss", epochs.count)
        let testAccuracies = try doubles("/epochs/test_accuracy", epochs.count)
        return epochs.indices.map {
            RunHistory.Epoch(
                epoch: epochs[$0], trainLoss: trainLosses[$0], trainAccuracy: trainAccuracies[$0],
                testLoss: testLosses[$0],
                testAccuracy: testAccuracies[$0])
        }
    }

    private func histograms() throws(HDF5Error) -> HistogramTable {
        let subdivisions = Int(try file.attribute("/histograms", "subdivisions", as: Int64.self))
        guard [1, 2, 4].contains(subdivisions) else {
            throw HDF5Error("/histograms says \(subdivisions)")
        }
        let bins = HistogramBins(subdivisions: subdivisions)
        var table = HistogramTable(bins: bins, parameters: try file.attributeStrings("/histograms", "parameters"))
        guard try file.exists("/histograms/step") else { return table }
        let steps = try integers("/histograms/step")
        var counts = [UInt64](repeating: 0, count: steps.count * table.rowCount)
        for kind in HistogramTable.Kind.allCases {
            for (parameter, name) in table.parameters.enumerated() {
                let path = "/histograms/\(kind.rawValue)/\(name)"
                let offset = table.offset(kind, parameter: parameter)
                func place(_ dataset: String, _ slots: Range<Int>) throws(HDF5Error) {
                    let values = try same(
                        file.read(dataset, as: UInt64.self), steps.count * slots.count, dataset)
                    for row in steps.indices {
                        for (i, slot) in slots.enumerated() {
                            counts[row * table.rowCount + offset + slot] = values[row * slots.count + i]
                        }
                    }
                }
                try place("\(path)/counts", 0..<bins.count)
                for (slot, special) in HistogramTable.specials.enumerated() {
                    try place("\(path)/\(special.name)", (bins.count + slot)..<(bins.count + slot + 1))
                }
            }
        }
        for row in steps.indices {
            table.append(step: steps[row], counts: Array(counts[(row * table.rowCount)..<((row + 1) * table.rowCount)]))
        }
        return table
    }

    private func trace() throws(HDF5Error) -> TraceTable? {
        guard try file.exists("/trace") else { return nil }
        var table = TraceTable(tensors: try file.readStrings("/trace/tensor"))
        let steps = try integers("/trace/step")
        let count = table.tensors.count
        let hashes = try same(file.read("/trace/hashes", as: UInt64.self), steps.count * count, "/trace/hashes")
        hashes.withUnsafeBufferPointer { hashes in
            for (row, step) in steps.enumerated() {
                table.append(
                    step: step, hashes: UnsafeBufferPointer(rebasing: hashes[(row * count)..<((row + 1) * count)]))
            }
        }
        return table
    }

    private func integers(_ path: String, _ count: Int? = nil) throws(HDF5Error) -> [Int] {
        try same(file.read(path, as: Int64.self), count, path).map { Int($0) }
    }

    private func doubles(_ path: String, _ count: Int) throws(HDF5Error) -> [Double] {
        try same(file.read(path, as: Double.self), count, path)
    }

    private func strings(_ path: String, _ count: Int) throws(HDF5Error) -> [String] {
        try same(file.readStrings(path), count, path)
    }

    /// The columns of a table are of one length.
    private func same<Element>(_ values: [Element], _ count: Int?, _ path: String) throws(HDF5Error) -> [Element] {
        guard let count, values.count != count else { return values }
        throw HDF5Error("\(path) holds \(values.count) values, not \(count)")
    }
}
