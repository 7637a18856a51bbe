import Core
import Storage
import Testing

/// Two files, one of them changed in one thing: that thing is found, and nothing else.
@Suite struct FileComparisonTests {
    let folder = TemporaryFolder()

    private func compare(_ a: String, _ b: String) throws -> FileComparison {
        try FileComparison(StoredFile(path: a), StoredFile(path: b))
    }

    private func compareRuns(_ change: (inout RunHistory) -> Void) throws -> FileComparison {
        var history = Samples.history
        try RunFile.write(history, to: folder.file("a.h5"))
        change(&history)
        try RunFile.write(history, to: folder.file("b.h5"))
        return try compare(folder.file("a.h5"), folder.file("b.h5"))
    }

    private func compareCheckpoints(_ change: (inout Checkpoint) -> Void) throws -> FileComparison {
        var checkpoint = Samples.checkpoint()
        let path = try checkpoint.write(folder: folder.path)
        checkpoint.step = 321
        change(&checkpoint)
        return try compare(path, checkpoint.write(folder: folder.path))
    }

    /// A run file that somebody changed with h5py after it was written.
    private func compareEdited(_ edit: String...) throws -> FileComparison {
        try RunFile.write(Samples.history, to: folder.file("a.h5"))
        try RunFile.write(Samples.history, to: folder.file("b.h5"))
        switch edit.count {
        case 2: _ = try Tools.script("edit_with_h5py.py", folder.file("b.h5"), edit[0], edit[1])
        default: _ = try Tools.script("edit_with_h5py.py", folder.file("b.h5"), edit[0], edit[1], edit[2])
        }
        return try compare(folder.file("a.h5"), folder.file("b.h5"))
    }

    @Test func equalFilesAreEqual() throws {
        let found = try compareRuns { _ in }
        #expect(found.isEqual && found.exemptDifferences == [])
        #expect(found.tables.map(\.path).sorted() == ["/epochs", "/events", "/histograms", "/steps", "/trace"])
        #expect(found.tables.first { $0.path == "/steps" }?.rowCount == 5)
    }

    @Test func launchesAndTimingMayDiffer() throws {
        let found = try compareRuns { history in
            history.launches[1].command = "a command of another length, so that all that follows lies elsewhere"
            history.launches.removeFirst()
            history.timing = TimingTable(phases: history.timing.phases)
        }
        #expect(found.isEqual)
        #expect(found.exemptDifferences == ["/launches", "/timing"])
    }

    @Test func aStepsValueIsFound() throws {
        let found = try compareRuns { history in
            history.steps[1].loss = history.steps[1].loss.nextUp
            history.steps[3].loss = history.steps[3].loss.nextUp.nextUp
            history.steps[3].status = .clipped
        }
        #expect(!found.isEqual && found.mismatches.isEmpty && found.differences.count == 2)
        let loss = try #require(found.differences.first)
        #expect(loss.path == "/steps/loss" && loss.count == 2 && loss.compared == 5)
        #expect(loss.row?.key == "step" && loss.row?.value == 2 && loss.index == [] && loss.place == "step 2")
        #expect(loss.first == "1.15" && loss.second == "\(1.15.nextUp)")
        #expect(loss.distance == .finite(1) && loss.largest == .finite(2))
        let status = found.differences[1]
        #expect(status.path == "/steps/status" && status.first == "ok" && status.second == "clipped")
        #expect(status.distance == nil && status.place == "step 4")
    }

    /// NaN is the same as itself, bit for bit, and another NaN is not; −0 is not +0.
    @Test func bytesAreCompared() throws {
        #expect(try compareRuns { $0.steps[2].loss = .nan }.isEqual)
        let other = try compareRuns { $0.steps[2].loss = Double(bitPattern: 0x7ff8_0000_0000_0001) }
        #expect(other.differences.map(\.first) == ["nan (0x7ff8000000000000)"])
        #expect(other.differences.map(\.second) == ["nan (0x7ff8000000000001)"])
        #expect(other.differences.first?.distance == .noNumber)
        let zero = try compareCheckpoints { $0.parameters[0].values[1] = 0 }.differences.first {
            $0.path.hasPrefix("/parameters")
        }
        #expect(zero?.first == "-0.0" && zero?.second == "0.0" && zero?.distance == .finite(0))
    }

    @Test func histogramsAreFoundByTheirSteps() throws {
        let found = try compareRuns { history in
            var table = HistogramTable(bins: history.histograms.bins, parameters: history.histograms.parameters)
            var row = Array(history.histograms.counts[history.histograms.rowCount...])
            row[table.offset(.weights, parameter: 1) + 7] += 1
            table.append(step: 4, counts: row)
            table.append(step: 5, counts: row)
            history.histograms = table
        }
        #expect(found.mismatches.isEmpty)
        let table = found.tables.first { $0.path == "/histograms" }
        #expect(table?.rowCount == 1 && table?.onlyFirst.keys == [2] && table?.onlySecond.keys == [5])
        #expect(found.differences.map(\.path) == ["/histograms/weights/linear1/bias/counts"])
        #expect(found.differences.first?.place == "step 4 [7]")
    }

    @Test func missingRowsAreFound() throws {
        let found = try compareRuns { $0.truncate(afterStep: 3, completedEpochs: 1) }
        #expect(!found.isEqual && found.differences.isEmpty && found.mismatches.isEmpty)
        #expect(found.tables.first { $0.path == "/steps" }?.onlyFirst.keys == [4, 5])
        #expect(found.tables.first { $0.path == "/epochs" }?.onlyFirst.keys == [2])
        let events = found.tables.first { $0.path == "/events" }
        #expect(events?.onlyFirst.first == "detail \"loss is nan\", kind \"skip\"")
    }

    /// A table without rows has no datasets.
    @Test func aTableWithoutRowsHasRowsMissing() throws {
        let found = try compareRuns { $0.events = [] }
        #expect(!found.isEqual && found.differences.isEmpty && found.mismatches.isEmpty)
        #expect(found.tables.first { $0.path == "/events" }?.onlyFirst.keys == [2, 4])
    }

    @Test func eventsOfOneStepAreComparedInOrder() throws {
        let found = try compareRuns { history in
            history.events[1].step = 2
            history.events.append(.init(step: 2, kind: "skip", detail: "again"))
        }
        #expect(found.differences.map(\.path) == ["/events/step"])
        #expect(found.tables.first { $0.path == "/events" }?.onlySecond.keys == [2])
    }

    @Test func aHashIsFound() throws {
        let found = try compareRuns { history in
            var trace = TraceTable(tensors: history.trace!.tensors)
            [4, 4 << 60, 1].withUnsafeBufferPointer { trace.append(step: 4, hashes: $0) }
            [5, 1, ~5].withUnsafeBufferPointer { trace.append(step: 5, hashes: $0) }
            history.trace = trace
        }
        #expect(found.differences.map(\.path) == ["/trace/hashes"] && found.differences.first?.place == "step 4 [2]")
        #expect(found.differences.first?.count == 2)
        #expect(found.tables.first { $0.path == "/trace" }?.onlyFirst.keys == [3])
        #expect(try compareRuns { $0.trace = nil }.mismatches.map(\.path) == ["/trace"])
    }

    @Test func attributesAreCompared() throws {
        let found = try compareRuns { $0.seed = 3 }
        #expect(found.differences.map(\.path) == ["/@seed"])
        #expect(found.differences.map(\.second) == ["3"])
    }

    /// What the reader of histories would pass over.
    @Test func anExtraDatasetIsFound() throws {
        let found = try compareEdited("+/extra", "1")
        #expect(found.differences.isEmpty && found.mismatches.map(\.path) == ["/extra"])
        #expect(found.mismatches.map(\.first) == ["missing"] && found.mismatches.map(\.second) == ["a dataset"])
        let column = try compareEdited("+/steps/extra", "1")
        #expect(column.mismatches.map(\.path) == ["/steps/extra"])
        #expect(try compareEdited("+/launches/extra", "1").isEqual)
    }

    /// A table that has no row in either file may still have columns and attributes.
    @Test func whatATableWithoutRowsHasMoreIsFound() throws {
        var history = Samples.history
        history.events = []
        for (edit, path) in [
            (["+/events/extra", "1"], "/events/extra"), (["/events/step@note", "x"], "/events/step@note"),
        ] {
            for name in ["a.h5", "b.h5"] {
                try RunFile.write(history, to: folder.file(name))
                _ = try Tools.script("edit_with_h5py.py", folder.file(name), "0/events/step", "0")
            }
            #expect(try compare(folder.file("a.h5"), folder.file("b.h5")).isEqual)
            _ = try Tools.script("edit_with_h5py.py", folder.file("b.h5"), edit[0], edit[1])
            let found = try compare(folder.file("a.h5"), folder.file("b.h5"))
            #expect(!found.isEqual && found.mismatches.map(\.path) == [path])
        }
    }

    /// Where references lead is said in words.
    @Test func aReferenceIsAPath() throws {
        let found = try compareEdited(">/steps/samples", "/steps/extra")
        let list = try #require(found.differences.first)
        #expect(found.differences.count == 1 && list.path == "/steps/step@REFERENCE_LIST")
        #expect(list.first == "{/steps/samples, 0}" && list.second == "{/steps/extra, 0}", "\(list)")
        let scale = try compareEdited(">/steps/step", "/steps/number").differences.first {
            $0.path == "/steps/loss@DIMENSION_LIST"
        }
        #expect(scale?.first == "[/steps/step]" && scale?.second == "[/steps/number]")
    }

    @Test func anotherTypeIsFound() throws {
        let found = try compareEdited("%/steps/loss", "f4").mismatches.first { $0.path == "/steps/loss" }
        #expect(found?.first == "float64" && found?.second == "float32")
    }

    @Test func anEditedValueIsFound() throws {
        #expect(try compareEdited("/epochs/test_loss", "1", "5").differences.map(\.place) == ["epoch 2"])
    }

    @Test func aTensorIsFound() throws {
        let found = try compareCheckpoints { $0.parameters[1].values[12] += 1 }
        let weight = try #require(found.differences.first { $0.path == "/parameters/linear1/weight" })
        #expect(weight.index == [2, 2] && weight.row == nil && weight.count == 1 && weight.compared == 35)
        #expect(
            found.differences.map(\.path).sorted() == [
                "/@digest", "/@parameters_digest", "/@step", "/parameters/linear1/weight",
            ])
    }

    @Test func anotherShapeIsFound() throws {
        let found = try compareCheckpoints { $0.state[1].value = .integers([1]) }
        #expect(found.mismatches.map(\.path) == ["/state/counters"])
        #expect(found.mismatches.map(\.second) == ["of shape [1]"])
    }

    @Test func damageIsRefused() throws {
        let path = try Samples.checkpoint().write(folder: folder.path)
        var bytes = readBytes(path)
        bytes[bytes.count / 2] ^= 1
        writeBytes(bytes, path)
        #expect(throws: StorageError.self) { try StoredFile(path: path) }
        writeBytes(Array("hello".utf8), path)
        let foreign = #expect(throws: StorageError.self) { try StoredFile(path: path) }
        #expect(foreign?.kind == .badData && foreign?.message.contains("neither") == true)
        let missing = #expect(throws: StorageError.self) { try StoredFile(path: folder.file("none")) }
        #expect(missing?.kind == .noInput)
    }
}
