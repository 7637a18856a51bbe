import Core
import Glibc
import Storage

/// The process that storage tests kill, or starve of disk space: `StorageTestHelper COMMAND PATH …`.
@main
enum StorageTestHelper {
    static func main() {
        let arguments = CommandLine.arguments
        guard arguments.count >= 3 else {
            print("usage: StorageTestHelper write-checkpoints|write-runs|fail-to-write|count-open-objects PATH …")
            exit(64)
        }
        let path = arguments[2]
        do throws(StorageError) {
            switch arguments[1] {
            case "write-checkpoints": try writeCheckpoints(folder: path)
            case "write-runs": try writeRuns(path)
            case "fail-to-write":
                try failToWrite(folder: path, fileSizeLimit: arguments.count > 3 ? rlim_t(arguments[3]) : nil)
            case "count-open-objects": try countOpenObjects(folder: path)
            default: exit(64)
            }
        } catch {
            print("\(error.kind): \(error)")
            exit(error.exitCode)
        }
    }

    /// Writes one step's checkpoint over and over, until killed; prints a line after each.
    static func writeCheckpoints(folder: String) throws(StorageError) {
        for number in 1... {
            try Contents.checkpoint(step: 7, number: number, count: 20_000).write(folder: folder)
            print(number)
            fflush(nil)
        }
    }

    /// Writes a run file over and over, until killed; prints a line after each.
    static func writeRuns(_ path: String) throws(StorageError) {
        for number in 1... {
            try RunFile.write(Contents.history(number: number), to: path)
            print(number)
            fflush(nil)
        }
    }

    /// Writes a small checkpoint, which fits, then a large one of the same step, and a large run file, which don't. Then checks
    /// that the old ones are good and nothing else is there.
    static func failToWrite(folder: String, fileSizeLimit: rlim_t?) throws(StorageError) {
        let small = Contents.checkpoint(step: 7, number: 1, count: 1000)
        let file = try small.write(folder: folder)
        let run = folder + "/run.h5"
        try RunFile.write(Contents.history(number: 3), to: run)
        if let fileSizeLimit {
            var limit = rlimit(rlim_cur: fileSizeLimit, rlim_max: fileSizeLimit)
            setrlimit(__rlimit_resource_t(RLIMIT_FSIZE.rawValue), &limit)
        }
        let before = try list(folder)
        for attempt in 1...3 {
            do throws(StorageError) {
                try Contents.checkpoint(step: 7, number: 2, count: 1_000_000 * attempt).write(folder: folder)
                print("the large checkpoint was written")
            } catch {
                print("\(error.kind): \(error)")
            }
            var history = Contents.history(number: 4)
            history.config = String(repeating: "x", count: 4_000_000)
            do throws(StorageError) {
                try RunFile.write(history, to: run)
                print("the large run file was written")
            } catch {
                print("\(error.kind): \(error)")
            }
        }
        guard try Checkpoint.read(file) == small else { return print("the old checkpoint changed") }
        guard try RunFile.read(run) == Contents.history(number: 3) else { return print("the old run file changed") }
        guard try list(folder) == before else { return print("other files are there: \(try list(folder))") }
        // What is freed can be used again.
        try Contents.checkpoint(step: 8, number: 3, count: 1000).write(folder: folder)
        print("old files good, \(HDF5.openObjectCount()) objects open")
    }

    static func list(_ folder: String) throws(StorageError) -> [String] {
        guard let stream = opendir(folder) else { throw StorageError(.noInput, folder) }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(cString: $0.bindMemory(to: CChar.self).baseAddress!)
                })
        }
        return names.sorted()
    }

    /// Writes and reads, rightly and wrongly, and counts what the HDF5 library then has open.
    static func countOpenObjects(folder: String) throws(StorageError) {
        let checkpoint = Contents.checkpoint(step: 7, number: 1, count: 1000)
        let file = try checkpoint.write(folder: folder)
        let run = folder + "/run.h5"
        try RunFile.write(Contents.history(number: 3), to: run)
        _ = try Checkpoint.read(file)
        _ = try RunFile.read(run)
        // Each as the other; and one that fails inside the library: two arrays of one path.
        _ = try? RunFile.read(file)
        _ = try? Checkpoint.read(run)
        var twice = checkpoint
        twice.parameters.append(twice.parameters[0])
        do throws(StorageError) {
            try twice.write(folder: folder)
            print("two arrays of one name were written")
        } catch {
            print(error)
        }
        print("\(HDF5.openObjectCount()) objects open")
    }
}
