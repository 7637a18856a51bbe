import Core
import Storage
import Testing

/// Files that are not what was written: each is refused, at once, and never crashes the reader.
@Suite(.timeLimit(.minutes(5))) struct CheckpointDamageTests {
    let folder = TemporaryFolder()

    private func failure(_ bytes: [UInt8]) -> StorageError? {
        do throws(StorageError) {
            _ = try Checkpoint.read(bytes: bytes, path: "file")
            return nil
        } catch {
            return error
        }
    }

    private func goodBytes() throws -> [UInt8] {
        readBytes(try Samples.checkpoint().write(folder: folder.path))
    }

    @Test func everyByteMatters() throws {
        var bytes = try goodBytes()
        #expect(failure(bytes) == nil)
        var accepted: [Int] = []
        for index in bytes.indices {
            let flip = UInt8(1) << UInt8(index % 8)
            bytes[index] ^= flip
            if failure(bytes)?.kind != .badData { accepted.append(index) }
            bytes[index] ^= flip
        }
        #expect(accepted == [])
        #expect(failure(bytes) == nil)
    }

    @Test func everyLengthMatters() throws {
        let bytes = try goodBytes()
        let accepted = stride(from: 0, to: bytes.count, by: 7).filter { failure(Array(bytes[..<$0]))?.kind != .badData }
        #expect(accepted == [])
        #expect(failure(Array(bytes[..<(bytes.count - 1)]))?.message.contains("truncated") == true)
        #expect(failure(bytes + [0])?.kind == .badData)
        #expect(failure([])?.kind == .badData)
    }

    @Test func blocksOfZerosMatter() throws {
        let bytes = try goodBytes()
        for start in stride(from: 0, to: bytes.count, by: 4096) {
            var damaged = bytes
            for index in start..<min(start + 4096, bytes.count) { damaged[index] = 0 }
            if damaged != bytes { #expect(failure(damaged)?.kind == .badData, "zeros from \(start)") }
        }
    }

    @Test func foreignFiles() throws {
        let run = folder.file("run.h5")
        try RunFile.write(Samples.history, to: run)
        #expect(failure(readBytes(run))?.message.contains("not a dtrain-checkpoint file") == true)
        let make = "import h5py, sys; h5py.File(sys.argv[1], 'w').create_dataset('parameters/x', data=[1.0])"
        #expect(try Command(Tools.python, ["-c", make, folder.file("foreign.h5")]).status == 0)
        #expect(failure(readBytes(folder.file("foreign.h5")))?.kind == .badData)
        #expect(failure(Array("hello".utf8))?.kind == .badData)
        let missing = #expect(throws: StorageError.self) { try Checkpoint.read(folder.file("none.h5")) }
        #expect(missing?.kind == .noInput)
        let directory = #expect(throws: StorageError.self) { try Checkpoint.read(folder.path) }
        #expect(directory?.kind == .badData)
    }

    /// Behind a seal that is right, the contents still have to match the digest in the file.
    @Test func editedAndSealedAnew() throws {
        func edited(_ arguments: String...) throws -> StorageError? {
            let path = try Samples.checkpoint().write(folder: folder.path)
            switch arguments.count {
            case 2: _ = try Tools.script("edit_with_h5py.py", path, arguments[0], arguments[1])
            default: _ = try Tools.script("edit_with_h5py.py", path, arguments[0], arguments[1], arguments[2])
            }
            return failure(readBytes(path))
        }
        for edit in [
            ("/parameters/linear1/bias", "0", "1"), ("/state/counters", "1", "5"),
            ("/buffers/batchnorm1/running_mean", "0", "9"),
        ] {
            #expect(try edited(edit.0, edit.1, edit.2)?.message.contains("do not match its digest") == true, "\(edit)")
        }
        for edit in [("@step", "321"), ("@epoch", "1"), ("@position", "0"), ("@config", "seed: 8")] {
            #expect(try edited(edit.0, edit.1)?.message.contains("do not match its digest") == true, "\(edit)")
        }
        #expect(try edited("@parameters_digest", String(repeating: "0", count: 64))?.kind == .badData)
        let version = try edited("@format_version", "2")
        #expect(version?.kind == .badData)
        #expect(version?.message.contains("version 2; this dtrain reads 1") == true)
        #expect(try edited("@format", "something-else")?.message.contains("its format is something-else") == true)
        // An edit that changes nothing is accepted: the script itself breaks nothing.
        #expect(try edited("/parameters/linear1/bias", "0", "0") == nil)
    }
}
