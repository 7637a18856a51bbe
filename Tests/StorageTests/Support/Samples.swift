import Core
import Storage

/// Contents for files, small and with every special value.
enum Samples {
    static let config = "seed: 7\nnetwork: [{linear: {outputs: 3}}, relu] # größer als 1 µs\n"

    static var history: RunHistory {
        let parameters = ["linear1/weight", "linear1/bias", "batchnorm1/gamma"]
        var history = RunHistory(
            config: config, seed: UInt64.max - 5, shards: 8, parameterCount: 1234,
            phases: ["forward", "backward", "reduce"],
            histograms: HistogramTable(bins: HistogramBins(subdivisions: 1), parameters: parameters))
        for (firstStep, ranks) in [(1, 4), (5, 2)] {
            history.launches.append(
                RunHistory.Launch(
                    created: "2026-03-01T12:00:00Z", firstStep: firstStep, dtrainVersion: "0.1.0", ranks: ranks,
                    processes: 2, nodes: 2, hosts: "nöde1,node2",
                    mpiLibrary: "Open MPI v4.1.4", command: "dtrain --epochs 2"))
        }
        history.events.append(RunHistory.Event(step: 2, kind: "clip", detail: "norm 3.5"))
        history.events.append(RunHistory.Event(step: 4, kind: "skip", detail: "loss is nan"))
        for step in 1...5 {
            history.steps.append(
                RunHistory.Step(
                    step: step, loss: step == 3 ? .nan : 2.3 / Double(step), learningRate: 0.05,
                    gradientNorm: step == 3 ? .infinity : 0.1 * Double(step), samples: 256,
                    status: step == 3 ? .skippedNonfinite : step == 2 ? .clipped : .ok))
            history.timing.append(
                step: step, samplesPerSecond: 1e5 + Double(step), phaseSeconds: [1e-3, 2e-3, Double(step) * 1e-4])
        }
        for epoch in 1...2 {
            history.epochs.append(
                RunHistory.Epoch(
                    epoch: epoch, trainLoss: 1 / Double(epoch), trainAccuracy: 0.5, testLoss: 0.9, testAccuracy: 0.6))
        }
        for step in [2, 4] {
            let row = (0..<history.histograms.rowCount).map { UInt64($0 * step) }
            history.histograms.append(step: step, counts: row)
        }
        var trace = TraceTable(tensors: ["inputs", "forward output of linear1", "loss"])
        for step in [3, 4, 5] as [UInt64] {
            [step, step << 60, ~step].withUnsafeBufferPointer { trace.append(step: Int(step), hashes: $0) }
        }
        history.trace = trace
        return history
    }

    static var emptyHistory: RunHistory {
        RunHistory(
            config: "", seed: 0, shards: 1, parameterCount: 0, phases: [],
            histograms: HistogramTable(bins: HistogramBins(subdivisions: 4), parameters: []))
    }

    /// In the order of paths, as reading gives it back.
    static func checkpoint(step: Int = 320) -> Checkpoint {
        let bias: [Float] = [0, -0.0, .infinity, -.infinity, .leastNonzeroMagnitude]
        let weight: [Float] = (0..<35).map { Float($0) * 0.1 - 1 }
        return Checkpoint(
            step: step, epoch: 20, position: 128, config: config,
            parameters: [
                .init(name: "linear1/bias", shape: [5], values: bias),
                .init(name: "linear1/weight", shape: [7, 5], values: weight),
            ],
            buffers: [.init(name: "batchnorm1/running_mean", shape: [2], values: [1, 2])],
            optimizer: [
                .init(name: "first_moment", tensors: [.init(name: "linear1/bias", shape: [5], values: bias)]),
                .init(name: "second_moment", tensors: [.init(name: "linear1/weight", shape: [7, 5], values: weight)]),
            ],
            state: [
                .init(name: "best_accuracy", value: .doubles([0.1])),
                .init(name: "counters", value: .integers([1, -2, Int64.max])),
                .init(name: "nothing", value: .doubles([])),
            ])
    }
}
