/// Counts how often, and how long, a rank waits for others, by what for.
///
/// A communicator counts its own collective operations. Who waits in another way, at a flag in memory that ranks share, say,
/// counts in the counter of the communicator that it belongs to, by `measure(_:)`.
public final class WaitCounter {
    /// What the next waits are for.
    public private(set) var kind = WaitKind.other
    private var counts = [Int](repeating: 0, count: WaitKind.allCases.count)
    private var durations = [Duration](repeating: .zero, count: WaitKind.allCases.count)

    public init() {}

    /// The waits so far.
    public func count(_ kind: WaitKind) -> Int { counts[kind.rawValue] }

    /// The time in them.
    public func duration(_ kind: WaitKind) -> Duration { durations[kind.rawValue] }

    /// The time in all waits.
    public var duration: Duration { durations.reduce(.zero, +) }

    /// The time in those that are for others, not for much that is moved.
    public private(set) var idle = Duration.zero

    /// Counts the waits in `body` as `kind`.
    ///
    /// - Complexity: no allocation.
    @inline(__always)
    public func naming<Result>(_ kind: WaitKind, _ body: () throws -> Result) rethrows -> Result {
        let before = self.kind
        self.kind = kind
        defer { self.kind = before }
        return try body()
    }

    /// Counts one wait: all of `body`.
    ///
    /// - Complexity: no allocation; two looks at the clock.
    @inline(__always)
    public func measure<Result>(_ body: () -> Result) -> Result {
        let start = ContinuousClock.now
        let result = body()
        let elapsed = ContinuousClock.now - start
        counts[kind.rawValue] += 1
        durations[kind.rawValue] += elapsed
        if !kind.movesMuch { idle += elapsed }
        return result
    }
}
