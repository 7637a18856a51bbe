import Core
import Distributed
import Foundation

/// What a rank runs on.
public struct MachineReport: Sendable, Encodable {
    /// As the system names it; `unknown` where it does not.
    public let cpu: String
    /// The CPUs that rank 0 may use: its affinity mask and its container's quota.
    public let coresAllowed: Int
    public let ranks: Int
    public let hosts: Int
    /// The ranks on rank 0's host.
    public let ranksOnHost: Int
    /// Of the widest vectors that the build targets.
    public let vectorBits: Int
    /// Of one core, in single precision, all ranks at once; rank 0's.
    public let peakGflops: Double
    /// Of rank 0, while the others wait.
    public let copyOneRankGigabytesPerSecond: Double
    public let triadOneRankGigabytesPerSecond: Double
    /// Of all ranks on rank 0's host together.
    public let copyHostGigabytesPerSecond: Double
    public let triadHostGigabytesPerSecond: Double
    /// Nil where the system does not say.
    public let lastLevelCacheBytes: Int?
    /// The MPI that dtrain was built with.
    public let mpiLibrary: String
    /// Whether a launcher started the ranks.
    public let isLaunched: Bool

    /// - Important: Collective; every rank calls it in the same order.
    init(peakGflops: Double, communicator: any Communicator) {
        let names = communicator.hostNames
        let neighbours = names.indices.filter { names[$0] == names[0] }
        cpu = Self.cpuModel ?? "unknown"
        coresAllowed = AllowedCPUs.current.count
        ranks = communicator.size
        hosts = Set(names).count
        ranksOnHost = neighbours.count
        vectorBits = PeakLoop.vectorBits
        self.peakGflops = peakGflops
        lastLevelCacheBytes = Self.cacheBytes
        mpiLibrary = MPIEnvironment.libraryVersion
        isLaunched = MPIEnvironment.isLaunched
        let stream = MemoryStream(byteCount: Self.arrayBytes(communicator, ranksOnHost: neighbours.count))
        // Pages are there after the first pass.
        _ = (stream.copy(), stream.triad())
        communicator.barrier()
        var alone = (copy: 0.0, triad: 0.0)
        if communicator.rank == 0 { alone = Self.rates(of: stream) }
        communicator.barrier()
        let together = Self.rates(of: stream)
        let (copies, triads) = (communicator.allgather(together.copy), communicator.allgather(together.triad))
        copyOneRankGigabytesPerSecond = alone.copy
        triadOneRankGigabytesPerSecond = alone.triad
        copyHostGigabytesPerSecond = neighbours.map { copies[$0] }.reduce(0, +)
        triadHostGigabytesPerSecond = neighbours.map { triads[$0] }.reduce(0, +)
    }

    private static func rates(of stream: MemoryStream) -> (copy: Double, triad: Double) {
        let rounds = 0..<7
        return (rounds.map { _ in stream.copy() }.median, rounds.map { _ in stream.triad() }.median)
    }

    /// Twice the last cache for each of the three arrays, from 32 MB to 256 MB, but no more than an eighth of what is free.
    private static func arrayBytes(_ communicator: any Communicator, ranksOnHost: Int) -> Int {
        let wanted = min(max(2 * (cacheBytes ?? 32 << 20), 32 << 20), 256 << 20)
        let free = FreeMemory.bytes.map { $0 / ranksOnHost / 24 } ?? wanted
        return Int(communicator.allreduce(UInt64(max(1 << 20, min(wanted, free))), .minimum))
    }

    private static var cpuModel: String? {
        let text = try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)
        let line = text?.split(separator: "\n").first { $0.hasPrefix("model name") }
        return line?.split(separator: ":", maxSplits: 1).last?.trimmingCharacters(in: .whitespaces)
    }

    /// That of the highest level that the first CPU has, shared or not.
    private static var cacheBytes: Int? {
        let sizes = (0..<8).compactMap { index -> Int? in
            let path = "/sys/devices/system/cpu/cpu0/cache/index\(index)/size"
            guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return nil }
            let digits = text.prefix { $0.isNumber }
            let unit = text.dropFirst(digits.count).first
            return Int(digits).map { $0 << (unit == "M" ? 20 : unit == "K" ? 10 : 0) }
        }
        return sizes.max()
    }

    /// For people.
    public var table: String {
        let cache = lastLevelCacheBytes.map { ", last cache \(grouped($0 >> 10)) KB" } ?? ""
        var bandwidth = TextTable([
            ("memory, GB/s", .left), ("one rank", .right), ("all ranks of the host", .right),
        ])
        bandwidth.add(["copy", copyOneRankGigabytesPerSecond.fixed(1), copyHostGigabytesPerSecond.fixed(1)])
        bandwidth.add(["triad", triadOneRankGigabytesPerSecond.fixed(1), triadHostGigabytesPerSecond.fixed(1)])
        let place = "\(Self.counted(ranks, "rank")) on \(Self.counted(hosts, "host")), \(ranksOnHost) on this one"
        let cores = "\(Self.counted(coresAllowed, "core")) allowed"
        return """
            \(cpu)\(cache)
            \(place), \(cores); \(mpiLibrary)\(isLaunched ? "" : ", no launcher")
            \(vectorBits)-bit vectors, peak of a core \(peakGflops.fixed(1)) GFLOP/s

            \(bandwidth)
            """
    }

    private static func counted(_ count: Int, _ what: String) -> String { "\(count) \(what)\(count == 1 ? "" : "s")" }
}
