/// The part of an exchange that a rank has with itself.
enum SelfExchange {
    /// Copies the k-th stretch sent to `rank` into the k-th received from it.
    static func copy(
        _ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>, rank: Int
    ) {
        var next = 0
        for receive in receives where receive.peer == rank {
            while next < sends.count && sends[next].peer != rank { next += 1 }
            precondition(next < sends.count, "rank \(rank) receives more stretches from itself than it sends")
            let send = sends[next]
            precondition(
                send.byteCount == receive.byteCount,
                "rank \(rank) sends itself \(send.byteCount) bytes, but receives \(receive.byteCount)")
            if send.byteCount > 0 { receive.base.copyMemory(from: send.base, byteCount: send.byteCount) }
            next += 1
        }
        while next < sends.count {
            precondition(sends[next].peer != rank, "rank \(rank) sends more stretches to itself than it receives")
            next += 1
        }
    }
}
