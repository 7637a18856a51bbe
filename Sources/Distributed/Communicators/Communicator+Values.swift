extension Communicator {
    /// Copies one value of rank `root` to every rank.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func broadcast<Value: BitwiseCopyable>(_ value: Value, from root: Int) -> Value {
        var result = value
        withUnsafeMutableBytes(of: &result) { broadcast($0, from: root) }
        return result
    }

    /// Copies `count` values of rank `root` to every rank, in place.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func broadcast<Value: BitwiseCopyable>(_ values: UnsafeMutablePointer<Value>, count: Int, from root: Int) {
        broadcast(UnsafeMutableRawBufferPointer(UnsafeMutableBufferPointer(start: values, count: count)), from: root)
    }

    /// Copies bytes of a length that only rank `root` knows to every rank.
    ///
    /// - Parameter bytes: read at `root` only.
    /// - Important: Collective; every rank calls it in the same order.
    public func broadcast(_ bytes: [UInt8]?, from root: Int) -> [UInt8] {
        precondition(rank != root || bytes != nil, "rank \(rank) broadcasts, but has nothing to send")
        let count = broadcast(rank == root ? bytes!.count : 0, from: root)
        var result = rank == root ? bytes! : [UInt8](repeating: 0, count: count)
        result.withUnsafeMutableBytes { broadcast($0, from: root) }
        return result
    }

    /// Copies a text of rank `root` to every rank.
    ///
    /// - Parameter text: read at `root` only.
    /// - Important: Collective; every rank calls it in the same order.
    public func broadcast(_ text: String?, from root: Int) -> String {
        String(decoding: broadcast(text.map { Array($0.utf8) }, from: root), as: UTF8.self)
    }

    /// Computes the sum, minimum or maximum of one integer over all ranks.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func allreduce(_ value: UInt64, _ operation: IntegerReduction) -> UInt64 {
        var result = value
        withUnsafeMutablePointer(to: &result) {
            allreduce(UnsafeMutableBufferPointer(start: $0, count: 1), operation)
        }
        return result
    }

    /// Gives every rank the value of every rank, by rank.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func allgather<Value: BitwiseCopyable>(_ value: Value) -> [Value] {
        var result = [Value](repeating: value, count: size)
        let counts = [Int](repeating: MemoryLayout<Value>.stride, count: size)
        result.withUnsafeMutableBytes { all in
            let own = rank * MemoryLayout<Value>.stride
            allgather(UnsafeRawBufferPointer(rebasing: all[own..<(own + counts[rank])]), counts: counts, into: all)
        }
        return result
    }

    /// Gives every rank the bytes of every rank, by rank; each rank's may have another length.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func allgather(_ bytes: [UInt8]) -> [[UInt8]] {
        let counts = allgather(bytes.count)
        var result = [UInt8](repeating: 0, count: counts.reduce(0, +))
        result.withUnsafeMutableBytes { all in
            bytes.withUnsafeBytes { allgather($0, counts: counts, into: all) }
        }
        return Self.pieces(of: result, counts)
    }

    /// Gives rank `root` the bytes of every rank, by rank; each rank's may have another length.
    ///
    /// - Returns: nil on every rank but `root`.
    /// - Important: Collective; every rank calls it in the same order.
    public func gather(_ bytes: [UInt8], at root: Int) -> [[UInt8]]? {
        let counts = allgather(bytes.count)
        guard rank == root else {
            bytes.withUnsafeBytes { gather($0, counts: counts, into: nil, at: root) }
            return nil
        }
        var result = [UInt8](repeating: 0, count: counts.reduce(0, +))
        result.withUnsafeMutableBytes { all in
            bytes.withUnsafeBytes { gather($0, counts: counts, into: all, at: root) }
        }
        return Self.pieces(of: result, counts)
    }

    private static func pieces(of bytes: [UInt8], _ counts: [Int]) -> [[UInt8]] {
        var start = 0
        return counts.map { count in
            defer { start += count }
            return Array(bytes[start..<(start + count)])
        }
    }
}
