import Core
import Foundation
import Storage
import Testing
import Training

/// The verdict of a comparison: what its first line says.
@Suite final class ComparisonReportTests {
    private let folder = FileManager.default.temporaryDirectory.appendingPathComponent("dtrain-\(UUID().uuidString)")
        .path

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// The first line for two histories of three steps, the second one changed.
    private func verdict(_ change: (inout RunHistory) -> Void) throws -> String {
        var history = RunHistory(
            config: "epochs: 2\nseed: 1\n", seed: 1, shards: 8, parameterCount: 1, phases: ["forward"],
            histograms: HistogramTable(bins: HistogramBins(subdivisions: 1), parameters: ["linear1/weight"]))
        for step in 1...3 {
            history.steps.append(
                .init(
                    step: step, loss: step == 2 ? .nan : 1, learningRate: 0.1, gradientNorm: 1, samples: 1, status: .ok)
            )
        }
        try RunFile.write(history, to: "\(folder)/a.h5")
        change(&history)
        try RunFile.write(history, to: "\(folder)/b.h5")
        let comparison = try RunComparison("\(folder)/a.h5", "\(folder)/b.h5")
        return String(comparison.description.prefix { $0 != "\n" })
    }

    @Test func theVerdictSaysWhatDiffers() throws {
        #expect(try verdict { _ in } == "equal: nothing differs")
        #expect(
            try verdict { $0.steps[2].loss = 1.0.nextUp }.hasPrefix(
                "different: step 3: /steps/loss: 1.0 against 1.0000"))
        #expect(try verdict { $0.config = "epochs: 3\nseed: 1\n" } == "different: configuration: epochs: 2 against 3")
        #expect(try verdict { $0.shards = 4 } == "different: /@shards: 8 against 4")
        #expect(
            try verdict { $0.truncate(afterStep: 2, completedEpochs: 0) }
                == "different: only one has some of the rows; where both have one, no value differs")
    }

    /// No row is missing, and no key has another value.
    @Test func aConfigurationWrittenInAnotherWayIsNamed() throws {
        #expect(
            try verdict { $0.config = "seed: 1\nepochs: 2\n" } == "different: configuration: written in another way")
        #expect(try verdict { $0.config = "[" } == "different: configuration: another text, and no YAML")
    }

    @Test func aNaNIsAtNoDistance() throws {
        let other = Double(bitPattern: 0x7ff8_0000_0000_0001)
        #expect(
            try verdict { $0.steps[1].loss = other }
                == "different: step 2: /steps/loss: nan (0x7ff8000000000000) against nan (0x7ff8000000000001)")
        #expect(
            try verdict { $0.steps[2].loss = .infinity }
                == "different: step 3: /steps/loss: 1.0 against inf, infinitely far apart")
    }

    @Test func whatIsMissingComesBeforeAttributes() throws {
        let found = try verdict { history in
            history.seed = 2
            var trace = TraceTable(tensors: ["loss"])
            [7].withUnsafeBufferPointer { trace.append(step: 3, hashes: $0) }
            history.trace = trace
        }
        #expect(found == "different: /trace: missing in A, a group in B")
    }
}
