/// Exchanges of stretches that go on while the rank computes.
///
/// The k-th stretch that rank a sends to rank b, over all calls of `start`, fills the k-th that b receives from a and has its
/// length. Other operations of the communicator that it was made of may come between.
public protocol BackgroundExchange: AnyObject {
    /// Starts to send and to receive, and comes back at once.
    ///
    /// - Parameters:
    ///   - sends: their memory is not written by anybody before `finish` returns.
    ///   - receives: their memory is not read or written before `finish` returns.
    /// - Complexity: no allocation once as many stretches have been under way before.
    func start(_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>)

    /// Waits until everything that was started here is done.
    func finish()

    /// The exchange of a rank that is one of several threads of its process, by the means of this one, which is the process's.
    ///
    /// - Parameters:
    ///   - rank: of that thread.
    ///   - processOfRank: the process of every rank; the ranks of a process in the order of their threads.
    ///   - isCrowded: whether nobody should wait by spinning.
    ///   - waits: counts that rank's waits.
    ///   - meet: returns once every thread of the process has called it; not at all where one has failed.
    /// - Returns: nil, on every rank, for more threads a process than their messages can be told apart by.
    func ofThread(
        rank: Int, processOfRank: [Int], isCrowded: Bool, waits: WaitCounter, meet: @escaping () -> Void
    ) -> (any BackgroundExchange)?
}
