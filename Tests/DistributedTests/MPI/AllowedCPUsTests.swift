import Distributed
import Foundation
import Testing

/// Container limits, read from files like those of /proc and /sys.
@Suite struct AllowedCPUsTests {
    /// - Parameter files: paths below the root, and what is in them.
    private static func quota(_ files: [String: String]) throws -> Int? {
        let root = FileManager.default.temporaryDirectory.appending(path: "dtrain-\(UUID())")
        defer { try? FileManager.default.removeItem(at: root) }
        for (path, text) in files {
            let file = root.appending(path: path)
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(text.utf8).write(to: file)
        }
        return AllowedCPUs.quota(root: root.path)
    }

    /// A process may use what the least of its groups may, in whole CPUs and at least one.
    @Test(arguments: [
        ("max 100000", "max 100000", nil), ("max 100000", "250000 100000", 2), ("400000 100000", "350000 100000", 3),
        ("200000 100000", "400000 100000", 2), ("50000 100000", "max 100000", 1),
    ])
    func version2(ofJob: String, ofStep: String, cpus: Int?) throws {
        let found = try Self.quota([
            "proc/self/cgroup": "0::/job/step\n", "sys/fs/cgroup/job/cpu.max": ofJob + "\n",
            "sys/fs/cgroup/job/step/cpu.max": ofStep + "\n",
        ])
        #expect(found == cpus)
    }

    /// Of a container that sees its own group as the root.
    @Test func theRootOfAContainer() throws {
        #expect(try Self.quota(["proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "150000 100000\n"]) == 1)
    }

    @Test(arguments: [("-1", nil), ("150000", 1), ("50000", 1)])
    func version1(quota: String, cpus: Int?) throws {
        let group = "sys/fs/cgroup/cpu,cpuacct/job"
        let found = try Self.quota([
            "proc/self/cgroup": "5:memory:/other\n4:cpu,cpuacct:/job\n", "\(group)/cpu.cfs_quota_us": quota + "\n",
            "\(group)/cpu.cfs_period_us": "100000\n",
        ])
        #expect(found == cpus)
    }

    @Test func noLimitWhereNothingIsToBeRead() throws {
        #expect(try Self.quota([:]) == nil)
        #expect(try Self.quota(["proc/self/cgroup": "0::/job\n", "sys/fs/cgroup/job/cpu.max": "nonsense\n"]) == nil)
    }
}
