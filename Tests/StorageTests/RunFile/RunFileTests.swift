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
    }

    @Test func emptyHistoryComesBackAsItWas() throws {
        let path = folder.file("run.h5")
        try RunFile.write(Samples.emptyHistory, to: path)
        #expect(try RunFile.read(path) == Samples.emptyHistory)
    }

    @Test func equalHistoriesMakeEqualFiles() throws {
        try RunFile.write(Samples.history, to: folder.file("a"))
        try RunFile.write(Samples.history, to: folder.file("b"))
        #expect(readBytes(folder.file("a")) == readBytes(folder.file("b")))
    }
}
