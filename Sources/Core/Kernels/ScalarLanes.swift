/// Sixteen numbers side by side, a lane each, on every CPU: what rows are read, written and summed in.
public protocol ScalarLanes<Scalar>: BitwiseCopyable {
    associatedtype Scalar: TrainingScalar

    init(repeating value: Scalar)
    /// Reads the first `count` lanes, and nothing behind them.
    init(_ source: UnsafePointer<Scalar>, count: Int)
    /// Writes the first `count` lanes, and nothing behind them.
    func store(_ target: UnsafeMutablePointer<Scalar>, count: Int)

    static func + (a: Self, b: Self) -> Self
    static func - (a: Self, b: Self) -> Self
    static func * (a: Self, b: Self) -> Self
    static func / (a: Self, b: Self) -> Self
    /// a·b + c in every lane, rounded once.
    static func multiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self
    /// b where that is larger, else a.
    static func larger(_ a: Self, _ b: Self) -> Self
    /// Puts the first `count` lanes of `new` in the place of these.
    func replacingFirst(_ count: Int, with new: Self) -> Self

    /// The lanes' sum, and their largest, joined 8-4-2-1.
    var sum: Scalar { get }
    var largest: Scalar { get }
}

extension ScalarLanes {
    /// Reads all lanes.
    @inline(__always)
    init(_ source: UnsafePointer<Scalar>) { self = UnsafeRawPointer(source).loadUnaligned(as: Self.self) }

    /// Writes all lanes.
    @inline(__always)
    func store(_ target: UnsafeMutablePointer<Scalar>) {
        UnsafeMutableRawPointer(target).storeBytes(of: self, as: Self.self)
    }
}
