import Core
import Storage

extension BadInput {
    /// Output folders and checkpoints that will not do.
    static let runs: [BadInput] = [
        BadInput("an output folder that cannot be made", code: 73, says: ["/proc/x"]) { _ in
            Dtrain.smallNetwork + ["--epochs", "1", "--out", "/proc/x"]
        },
        BadInput("an output folder below a file", code: 73, says: ["file/run"]) { folder in
            try folder.write("text", "file")
            return Dtrain.smallNetwork + ["--epochs", "1", "--out", "file/run"]
        },
        BadInput("an output folder that holds a run", code: 73, says: ["holds a run", "--resume"]) { folder in
            try FinishedRun.copy(into: folder)
            return FinishedRun.flags + ["--out", "run"]
        },
        BadInput("an output folder that holds something else", code: 73, says: ["is not empty"]) { folder in
            try Digits(in: folder, name: "run").edit(Digits.trainImages) { _ in }
            return FinishedRun.flags + ["--out", "run"]
        },
        BadInput("resuming nothing", code: 66, says: ["new", "there is no run"], flags: "--resume", "new"),
        resumed("resuming with another seed", code: 64, says: ["seed: "], flags: "--seed", "2") { _ in },
        resumed("resuming with other shards", code: 64, says: ["shards: "], flags: "--shards", "4") { _ in },
        resumed(
            "resuming with another network", code: 64, says: ["network: "], flags: "--set", "network=[{linear: 10}]"
        ) { _ in },
        resumed("resuming with other data", code: 65, says: ["step-00000016.h5", "--data"], flags: "--data", "digits") {
            try Digits(in: $0).edit(Digits.trainImages) { _ in }
        },
        resumed("a checkpoint of another network's run", code: 64, says: ["network: "]) { folder in
            try FinishedRun.copyOtherCheckpoint(16, into: folder)
        },
        resumed(
            "a checkpoint whose tensors are another network's", code: 65, says: ["linear2/bias", "step-00000016.h5"]
        ) {
            var checkpoint = try Checkpoint.read($0.file(FinishedRun.checkpoint(16)))
            let index = checkpoint.parameters.firstIndex { $0.name == "linear2/bias" }!
            checkpoint.parameters[index] = .init(name: "linear2/bias", shape: [3], values: [1, 2, 3])
            try $0.remove("run/checkpoints/latest")
            _ = try checkpoint.write(folder: $0.file("run/checkpoints"))
        },
        allDamaged("truncated checkpoints") { $0.removeLast($0.count / 2) },
        allDamaged("checkpoints cut to their seal") { $0 = Array($0[..<512]) },
        allDamaged("empty checkpoints") { $0 = [] },
        allDamaged("checkpoints with one flipped bit") { $0[$0.count * 2 / 3] ^= 4 },
        allDamaged("checkpoints with one flipped bit in the seal") { $0[40] ^= 1 },
        resumed("resuming with fewer epochs than are done", code: 64, says: ["epochs: "], flags: "--epochs", "1") {
            folder in
            for step in FinishedRun.steps {
                let path = FinishedRun.checkpoint(step)
                var checkpoint = try Checkpoint.read(folder.file(path))
                checkpoint.epoch += 2
                try folder.remove(path)
                _ = try checkpoint.write(folder: folder.file("run/checkpoints"))
            }
        },
        resumed(
            "resuming with other bins", code: 64, says: ["histograms.subdivisions: "], flags: "--set",
            "histograms.subdivisions=2"
        ) { _ in },
    ]

    /// Going on from a copy of the finished run, after `change`.
    private static func resumed(
        _ description: String, code: Int32, says: [String], flags: String...,
        change: @escaping @Sendable (TemporaryFolder) throws -> Void
    ) -> BadInput {
        BadInput(description, code: code, says: says) { folder in
            try FinishedRun.copy(into: folder)
            try change(folder)
            return ["--resume", "run"] + flags
        }
    }

    private static func allDamaged(
        _ description: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void
    ) -> BadInput {
        resumed(description, code: 65, says: ["run/checkpoints", "none of its 4 checkpoints is good"]) { folder in
            for step in FinishedRun.steps {
                var bytes = try folder.read(FinishedRun.checkpoint(step))
                change(&bytes)
                try folder.write(bytes, FinishedRun.checkpoint(step))
            }
        }
    }
}
