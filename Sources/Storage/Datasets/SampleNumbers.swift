import Core

/// The numbers of all samples, which never change: in memory of their own, or where the ranks of a node share one copy.
public struct SampleNumbers<Element: BitwiseCopyable & Sendable>: RandomAccessCollection, @unchecked Sendable {
    private let base: UnsafePointer<Element>
    public let count: Int
    /// Keeps the memory.
    private let owner: AnyObject

    /// A copy of an array.
    public init(_ array: [Element]) {
        let buffer = AlignedBuffer<Element>(count: array.count)
        array.withUnsafeBufferPointer {
            buffer.base.update(from: $0.baseAddress ?? UnsafePointer(buffer.base), count: $0.count)
        }
        self.init(base: buffer.base, count: array.count, owner: buffer)
    }

    /// Numbers that somebody else has.
    ///
    /// - Parameter owner: keeps the memory, which nobody changes.
    public init(base: UnsafePointer<Element>, count: Int, owner: AnyObject) {
        self.base = base
        self.count = count
        self.owner = owner
    }

    public var startIndex: Int { 0 }
    public var endIndex: Int { count }

    public subscript(index: Int) -> Element {
        precondition(0 <= index && index < count, "number \(index) of \(count)")
        return base[index]
    }

    public func withUnsafeBufferPointer<Result>(
        _ body: (UnsafeBufferPointer<Element>) throws -> Result
    ) rethrows -> Result {
        try withExtendedLifetime(owner) { try body(UnsafeBufferPointer(start: base, count: count)) }
    }

    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try withUnsafeBufferPointer { try body(UnsafeRawBufferPointer($0)) }
    }
}
