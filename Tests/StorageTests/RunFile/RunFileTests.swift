import Core
import Storage
import Testing

@Suite struct RunFileTests {
    let folder = TemporaryFolder()

    @Test func historyComesBackAsItWas() throws {
        let path = folder.file("run.h5")
        let history = Samples.history
        try RunFile.write(history, to: path)
        let read = try RunFile.read(path)
        // NaN is not equal to itself.
        #expect(read.steps[2].loss.isNaN)
        func comparable(_ history: RunHistory) -> RunHistory {
            var history = history
            history.steps[2].loss = 0
            return history
        }
        #expect(comparable(read) == comparable(history))
        #expect(folder.names == ["run.h5"])
    }

    @Test func emptyHistoryComesBackAsItWas() throws {
        let path = folder.file("run.h5")
        try RunFile.write(Samples.emptyHistory, to: path)
        #expect(try RunFile.read(path) == Samples.emptyHistory)
    }

    /// Many chunks, many parameters, subdivided bins.
    @Test func longHistoryComesBackAsItWas() throws {
        let names = (0..<40).map { "block\($0 / 4)/linear\($0 % 4)/weight" }
        var history = RunHistory(
            config: String(repeating: "a long configuration\n", count: 10_000), seed: 1, shards: 8, parameterCount: 1,
            phases: ["all"], histograms: HistogramTable(bins: HistogramBins(subdivisions: 4), parameters: names))
        for step in 1...200_000 {
            history.steps.append(
                .init(step: step, loss: 1 / Double(step), learningRate: 0.1, gradientNorm: 1, samples: 256, status: .ok)
            )
        }
        for step in 1...30 {
            history.histograms.append(
                step: step, counts: (0..<history.histograms.rowCount).map { UInt64($0 % 7 * step) })
        }
        let path = folder.file("run.h5")
        try RunFile.write(history, to: path)
        #expect(try RunFile.read(path) == history)
    }

    /// Every dataset is attached to one scale, whose list of them must not be written anew for each.
    @Test func sizeGrowsWithTheParametersOnly() throws {
        let names = (0..<300).map { "block\($0)/weight" }
        var history = Samples.emptyHistory
        history.histograms = HistogramTable(bins: HistogramBins(), parameters: names)
        history.histograms.append(step: 1, counts: [UInt64](repeating: 1, count: history.histograms.rowCount))
        let path = folder.file("run.h5")
        try RunFile.write(history, to: path)
        #expect(try RunFile.read(path) == history)
        #expect(readBytes(path).count < 300 * 15 * 2048)
    }

    @Test func damageIsFound() throws {
        let path = folder.file("run.h5")
        try RunFile.write(Samples.history, to: path)
        let bytes = readBytes(path)
        for index in stride(from: 0, to: bytes.count, by: 997) {
            var damaged = bytes
            damaged[index] ^= 0x40
            writeBytes(damaged, path)
            let error = #expect(throws: StorageError.self) { try RunFile.read(path) }
            #expect(error?.kind == .badData, "byte \(index)")
        }
        let missing = #expect(throws: StorageError.self) { try RunFile.read(folder.file("none")) }
        #expect(missing?.kind == .noInput)
    }

    /// The library has one lock; many threads may write and read at once.
    @Test func manyThreadsAtOnce() async throws {
        let path = folder.path
        try await withThrowingTaskGroup(of: Void.self) { group in
            for i in 0..<8 {
                group.addTask {
                    for _ in 0..<5 {
                        try RunFile.write(Samples.history, to: "\(path)/\(i)")
                        #expect(try RunFile.read("\(path)/\(i)").epochs == Samples.history.epochs)
                    }
                }
            }
            try await group.waitForAll()
        }
    }
}
