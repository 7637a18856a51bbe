/// A run of bytes that goes to, or comes from, one rank in an exchange.
public struct Stretch {
    /// The other rank; a rank may exchange with itself.
    public var peer: Int
    /// The first byte; an exchange only reads the stretches that it sends.
    public var base: UnsafeMutableRawPointer
    public var byteCount: Int

    public init(peer: Int, base: UnsafeMutableRawPointer, byteCount: Int) {
        self.peer = peer
        self.base = base
        self.byteCount = byteCount
    }
}
