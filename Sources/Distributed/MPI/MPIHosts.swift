/// Where the ranks of a communicator run: exchanged once, when it is made.
struct MPIHosts {
    /// The host name of every rank.
    let names: [String]
    private let allowed: [AllowedCPUs]
    private let memories: [MemoryDomain]

    /// The bytes of a host name that are exchanged.
    private static var nameBytes: Int { 256 }

    /// - Parameter allgather: gives every rank the same number of bytes of every rank.
    init(
        size: Int, allgather: (_ own: UnsafeRawPointer, _ all: UnsafeMutableRawPointer, _ byteCount: Int) -> Void
    ) {
        var own = [UInt8](HostName.current.utf8.prefix(Self.nameBytes))
        own += [UInt8](repeating: 0, count: Self.nameBytes - own.count)
        withUnsafeBytes(of: AllowedCPUs.current) { own += $0 }
        withUnsafeBytes(of: MemoryDomain.current) { own += $0 }
        let length = own.count
        var all = [UInt8](repeating: 0, count: length * size)
        all.withUnsafeMutableBytes { all in own.withUnsafeBytes { allgather($0.baseAddress!, all.baseAddress!, length) }
        }
        names = (0..<size).map { rank in
            String(decoding: all[(rank * length)...].prefix(Self.nameBytes).prefix { $0 != 0 }, as: UTF8.self)
        }
        func values<Value: BitwiseCopyable>(_ type: Value.Type, at offset: Int) -> [Value] {
            all.withUnsafeBytes { all in
                (0..<size).map { all.loadUnaligned(fromByteOffset: $0 * length + offset, as: type) }
            }
        }
        allowed = values(AllowedCPUs.self, at: Self.nameBytes)
        memories = values(MemoryDomain.self, at: Self.nameBytes + MemoryLayout<AllowedCPUs>.size)
    }

    /// Which ranks can share memory: those of one host name that see the same /dev/shm.
    func nodes(rank: Int) -> Nodes {
        struct Key: Hashable {
            let name: String
            let memory: MemoryDomain
        }
        return Nodes(rank: rank, keys: zip(names, memories).map { Key(name: $0, memory: $1) })
    }

    /// An equal share of the CPUs that the ranks on the machine of `rank` may use together, rounded down; not more than that
    /// rank itself may use.
    func coresPerRank(of rank: Int) -> Int {
        let neighbours = names.indices.filter { names[$0] == names[rank] }
        var together = allowed[rank]
        for neighbour in neighbours { together.formUnion(allowed[neighbour]) }
        return min(allowed[rank].count, together.count / neighbours.count)
    }
}
