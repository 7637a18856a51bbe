/// A fixed set of ranks that exchange bytes.
///
/// Everything but `abort` is collective: every rank of the communicator calls the same operations in the same order.
/// There is no floating-point reduction here: its order, and so its bits, would depend on the number of ranks.
public protocol Communicator: AnyObject {
    /// This process's or thread's place, from 0.
    var rank: Int { get }
    /// The number of ranks.
    var size: Int { get }
    /// The processes that the ranks run in: fewer where ranks are threads.
    var processCount: Int { get }
    /// The host name of every rank, by rank.
    var hostNames: [String] { get }

    /// Which ranks can share memory with which.
    var nodes: Nodes { get }
    /// An equal share of the CPUs that the ranks of this machine may use, rounded down, or what this rank may use if that is
    /// less: 0 where ranks outnumber them.
    var coresPerRank: Int { get }
    /// How often this rank has waited for others, and how long.
    var waits: WaitCounter { get }

    /// Returns once every rank has called it.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    func barrier()

    /// Copies `bytes` of rank `root` to every rank's `bytes`.
    ///
    /// - Parameter bytes: of the same length on every rank.
    /// - Important: Collective; every rank calls it in the same order.
    func broadcast(_ bytes: UnsafeMutableRawBufferPointer, from root: Int)

    /// Computes, element by element, the sum, minimum or maximum over all ranks, in place on every rank.
    ///
    /// - Parameter values: of the same length on every rank.
    /// - Important: Collective; every rank calls it in the same order.
    func allreduce(_ values: UnsafeMutableBufferPointer<UInt64>, _ operation: IntegerReduction)

    /// Concatenates the bytes of all ranks, in rank order, at rank `root`.
    ///
    /// - Parameters:
    ///   - bytes: this rank's `counts[rank]` bytes.
    ///   - counts: the bytes of every rank; the same on every rank.
    ///   - result: receives all bytes at `root`; nil elsewhere.
    /// - Important: Collective; every rank calls it in the same order.
    func gather(
        _ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer?, at root: Int)

    /// The inverse of `gather`: rank r receives the r-th of the stretches that lie concatenated at rank `root`.
    ///
    /// - Parameters:
    ///   - bytes: all bytes at `root`; nil elsewhere.
    ///   - counts: the bytes of every rank; the same on every rank.
    ///   - result: receives this rank's `counts[rank]` bytes.
    /// - Important: Collective; every rank calls it in the same order.
    func scatter(
        _ bytes: UnsafeRawBufferPointer?, counts: [Int], into result: UnsafeMutableRawBufferPointer, from root: Int)

    /// Concatenates the bytes of all ranks, in rank order, on every rank.
    ///
    /// - Parameters:
    ///   - bytes: this rank's `counts[rank]` bytes; may be the very place in `result` where they belong.
    ///   - counts: the bytes of every rank; the same on every rank.
    /// - Important: Collective; every rank calls it in the same order.
    func allgather(_ bytes: UnsafeRawBufferPointer, counts: [Int], into result: UnsafeMutableRawBufferPointer)

    /// Sends every rank its own stretches and receives theirs, straight from and into the given memory: nothing is packed.
    ///
    /// The k-th stretch that rank a sends to rank b fills the k-th that b receives from a and has its length.
    ///
    /// - Parameters:
    ///   - sends: only read, and not changed by anybody before the call returns.
    ///   - receives: overlap neither each other nor `sends`.
    /// - Important: Collective; every rank calls it in the same order, ranks with nothing to exchange too.
    /// - Complexity: no allocation once as many stretches have been exchanged before.
    func exchange(_ sends: UnsafeBufferPointer<Stretch>, _ receives: UnsafeBufferPointer<Stretch>)

    /// Makes what exchanges stretches between these ranks while they compute.
    ///
    /// - Returns: nil, on every rank, where there is nothing that could move them meanwhile, not on one rank either.
    /// - Important: Collective; every rank calls it in the same order.
    func makeBackgroundExchange() -> (any BackgroundExchange)?

    /// Makes one new communicator for each color.
    ///
    /// - Parameters:
    ///   - color: ranks with equal colors (0 or more) come together; nil to take part in none.
    ///   - key: orders the new ranks; the old rank decides between equals.
    /// - Returns: this rank's new communicator; nil for a nil color.
    /// - Important: Collective; every rank calls it in the same order, those with a nil color too.
    func split(color: Int?, key: Int) -> (any Communicator)?

    /// Makes memory that the ranks of each node share, zero-filled.
    ///
    /// - Parameters:
    ///   - byteCount: the same on all ranks of a node.
    ///   - own: the bytes that this rank takes the pages of; together a node's ranks cover all.
    /// - Throws: on every rank, if a node cannot share so much.
    /// - Important: Collective; every rank calls it in the same order.
    func share(byteCount: Int, own: Range<Int>) throws(SharedMemoryError) -> SharedMemory

    /// Lets messages under way get on while this rank waits for something else. Not collective. Does not return where the
    /// other ranks have failed.
    func makeProgress()

    /// Ends all ranks of the job at once with this exit code. Not collective: one rank is enough.
    func abort(_ code: Int32) -> Never
}

extension Communicator {
    /// Whether the ranks of this machine outnumber the CPUs they may use: then nobody should wait by spinning.
    public var isCrowded: Bool { coresPerRank == 0 }

    public func makeBackgroundExchange() -> (any BackgroundExchange)? { nil }
}
