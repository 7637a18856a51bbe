import Core
import Storage
import Testing

/// What Python users see. These tests never skip: `launch/test` installs python3-h5py.
@Suite struct H5pyTests {
    let folder = TemporaryFolder()

    @Test func checkpointDigestsAreWhatThePageSays() throws {
        var checkpoint = Samples.checkpoint()
        checkpoint.parameters[0].values[0] = Float(bitPattern: 0xffc0_1234)
        checkpoint.state[0].value = .doubles([Double(bitPattern: 0xfff8_0000_0000_1234)])
        let path = try checkpoint.write(folder: folder.path)
        #expect(
            try Tools.script("read_with_h5py.py", "digest", path) == [checkpoint.digest, checkpoint.parametersDigest])
    }

    @Test func checkpointAttributes() throws {
        let checkpoint = Samples.checkpoint()
        let path = try checkpoint.write(folder: folder.path)
        #expect(
            try Tools.script("read_with_h5py.py", "attributes", path) == [
                "config|'seed: 7\\nnetwork: [{linear: {outputs: 3}}, relu] # größer als 1 µs\\n'",
                "digest|'\(checkpoint.digest)'", "epoch|20", "format|'dtrain-checkpoint'", "format_version|1",
                "parameters_digest|'\(checkpoint.parametersDigest)'", "position|128", "step|320",
            ])
    }

    @Test func checkpointArrays() throws {
        let path = try Samples.checkpoint().write(folder: folder.path)
        let lines = try Tools.script("read_with_h5py.py", "list", path)
        let bias = "0.0 -0.0 inf -inf 1.401298464324817e-45"
        #expect(lines.count == 8)
        #expect(lines.contains("/parameters/linear1/bias|float32|5|1||\(bias)"))
        #expect(lines.contains("/optimizer/first_moment/linear1/bias|float32|5|1||\(bias)"))
        #expect(lines.contains("/buffers/batchnorm1/running_mean|float32|2|1||1.0 2.0"))
        #expect(lines.contains("/state/counters|int64|3|1||1 -2 9223372036854775807"))
        #expect(lines.contains("/state/best_accuracy|float64|1|1||0.1"))
        #expect(lines.contains("/state/nothing|float64|0|1||"))
        #expect(lines.contains { $0.hasPrefix("/parameters/linear1/weight|float32|7,5|1||-1.0 -0.8999999761581421 ") })
    }

    @Test func runTables() throws {
        let path = folder.file("run.h5")
        let history = Samples.history
        try RunFile.write(history, to: path)
        let lines = try Tools.script("read_with_h5py.py", "list", path)
        func expect<Value>(
            _ path: String, _ type: String, _ shape: String, _ units: String, _ scales: String, _ values: [Value]
        ) {
            let line = "\(path)|\(type)|\(shape)|\(units)|\(scales)|" + values.map { "\($0)" }.joined(separator: " ")
            #expect(lines.contains(line), "\(line)")
        }
        expect("/launches/hosts", "string", "2", "", "", ["nöde1,node2", "nöde1,node2"])
        expect("/launches/first_step", "int64", "2", "1", "", [1, 5])
        expect("/launches/ranks", "int64", "2", "1", "", [4, 2])
        expect("/events/detail", "string", "2", "", "/events/step", ["norm 3.5", "loss is nan"])
        expect("/steps/step", "int64", "5", "1", "", [1, 2, 3, 4, 5])
        expect("/steps/loss", "float64", "5", "1", "/steps/step", history.steps.map(\.loss))
        expect("/steps/gradient_norm", "float64", "5", "1", "/steps/step", history.steps.map(\.gradientNorm))
        expect("/steps/status", "uint8", "5", "", "/steps/step", ["ok", "clipped", "skipped_nonfinite", "ok", "ok"])
        expect("/steps/learning_rate", "float64", "5", "1", "/steps/step", history.steps.map(\.learningRate))
        expect("/steps/samples", "int64", "5", "1", "/steps/step", history.steps.map(\.samples))
        expect("/timing/step", "int64", "5", "1", "", [1, 2, 3, 4, 5])
        expect(
            "/timing/samples_per_second", "float64", "5", "1/s", "/timing/step", history.timing.samplesPerSecond)
        expect(
            "/timing/phase_seconds", "float64", "5,3", "s", "/timing/step,/timing/phase", history.timing.phaseSeconds)
        expect("/timing/phase", "string", "3", "", "", ["forward", "backward", "reduce"])
        expect("/epochs/train_loss", "float64", "2", "1", "/epochs/epoch", [1.0, 0.5])
        expect("/trace/step", "int64", "3", "1", "", [3, 4, 5])
        expect("/trace/tensor", "string", "3", "", "", history.trace!.tensors)
        expect("/trace/hashes", "uint64", "3,3", "1", "/trace/step,/trace/tensor", history.trace!.hashes)
        let table = history.histograms
        for (kind, name) in [
            (HistogramTable.Kind.gradients, "gradients"), (.weights, "weights"), (.updates, "updates"),
        ] {
            for (index, parameter) in table.parameters.enumerated() {
                let rows = (0..<2).map { table.histogram(row: $0, kind, parameter: index) }
                let group = "/histograms/\(name)/\(parameter)"
                expect("\(group)/counts", "uint64", "2,131", "1", "/histograms/step", rows.flatMap(\.binCounts))
                expect("\(group)/nan", "uint64", "2", "1", "/histograms/step", rows.map(\.nan))
                expect(
                    "\(group)/positive_infinity", "uint64", "2", "1", "/histograms/step", rows.map(\.positiveInfinity))
                expect(
                    "\(group)/negative_infinity", "uint64", "2", "1", "/histograms/step", rows.map(\.negativeInfinity))
                expect("\(group)/exact_zeros", "uint64", "2", "1", "/histograms/step", rows.map(\.exactZeros))
            }
        }
        let edges = lines.first { $0.hasPrefix("/histograms/edges|float64|132|1||-inf -65536.0 -32768.0 ") }
        #expect(edges?.hasSuffix(" 32768.0 65536.0 inf") == true)
    }

    @Test func runAttributes() throws {
        let path = folder.file("run.h5")
        try RunFile.write(Samples.history, to: path)
        let lines = try Tools.script("read_with_h5py.py", "attributes", path)
        for line in [
            "format|'dtrain-run'", "format_version|1", "seed|18446744073709551610", "shards|8", "parameter_count|1234",
        ] {
            #expect(lines.contains(line))
        }
    }

    @Test func plotsForViewers() throws {
        let path = folder.file("run.h5")
        try RunFile.write(Samples.history, to: path)
        let lines = try Tools.script("read_with_h5py.py", "plots", path)
        #expect(lines.first == "default steps")
        #expect(lines.contains("/steps/loss step"))
        #expect(lines.contains("/epochs/test_accuracy epoch"))
        #expect(lines.contains("/timing/samples_per_second step"))
        #expect(lines.contains("/histograms/weights/linear1/bias/counts step ."))
        #expect(lines.count == 4 + 9)
    }
}
