import CSystem
import Glibc

/// The CPUs that this process may run on: a bit mask, and a limit by time.
public struct AllowedCPUs: BitwiseCopyable {
    /// The scheduler's affinity mask, CPU i in bit i, up to 1,024 CPUs; empty where it cannot be read.
    private var mask = (SIMD16<UInt32>(), SIMD16<UInt32>())
    /// The CPUs' worth of time that the container may use; `Int.max` without a limit.
    private var quota = Int.max

    /// This process's.
    public static var current: AllowedCPUs {
        var allowed = AllowedCPUs()
        withUnsafeMutableBytes(of: &allowed.mask) { bytes in
            if !dtrain_affinity(bytes.baseAddress, bytes.count) { bytes.initializeMemory(as: UInt8.self, repeating: 0) }
        }
        allowed.quota = quota() ?? Int.max
        return allowed
    }

    /// Together with another process's of the same machine.
    mutating func formUnion(_ other: AllowedCPUs) {
        withUnsafeMutableBytes(of: &mask) { mine in
            withUnsafeBytes(of: other.mask) { theirs in
                for i in mine.indices { mine[i] |= theirs[i] }
            }
        }
        quota = min(quota, other.quota)
    }

    /// How many there are; at least 1.
    public var count: Int {
        let bits = withUnsafeBytes(of: mask) { bytes in
            var bits = 0
            for byte in bytes { bits += byte.nonzeroBitCount }
            return bits
        }
        return max(1, min(bits > 0 ? bits : sysconf(Int32(_SC_NPROCESSORS_ONLN)), quota))
    }

    /// The least that this process's control group or one that it lies in may use, of version 2 or 1, in whole CPUs: a rank that
    /// has only a part of one would be waited for by all. At least 1; nil without a limit.
    ///
    /// - Parameter root: the folder in which /proc and /sys are.
    package static func quota(root: String = "") -> Int? {
        ControlGroups.current(root: root).compactMap(quota(of:)).min().map { max(1, Int($0)) }
    }

    /// Version 2 has QUOTA PERIOD in one file, "max" for no limit; version 1 has them in two, −1 for no limit.
    private static func quota(of folder: String) -> Double? {
        let numbers =
            ControlGroups.read("\(folder)/cpu.max")?.split { $0 == " " || $0 == "\n" }.map { Double($0) }
            ?? ["cpu.cfs_quota_us", "cpu.cfs_period_us"].map { file in
                ControlGroups.read("\(folder)/\(file)").flatMap { Double($0.filter { $0 != "\n" }) }
            }
        guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], quota > 0, period > 0 else {
            return nil
        }
        return quota / period
    }
}
