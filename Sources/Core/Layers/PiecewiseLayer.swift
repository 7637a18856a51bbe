/// A layer that is smooth in pieces only, like ReLU: where a step crosses from one piece to the next, a finite difference
/// says nothing about the derivative, so the gradient check has to see the crossing.
public protocol PiecewiseLayer<Scalar>: Layer {
    /// Notes for every element of the last forward pass on which piece it was.
    func notePieces(in signature: inout PieceSignature)
}

/// A hash of the pieces that a pass went over: equal for equal pieces.
public struct PieceSignature: Equatable, Sendable {
    private var hash: UInt64 = 0xCBF2_9CE4_8422_2325

    public init() {}

    /// Notes one more element, on one side or the other.
    @inline(__always)
    public mutating func note(_ isAbove: Bool) {
        // FNV-1a, a bit where it takes a byte.
        hash = (hash ^ (isAbove ? 1 : 2)) &* 0x100_0000_01B3
    }

    /// Notes one more element, on the piece of a number: which of several a maximum is.
    @inline(__always)
    public mutating func note(_ piece: Int) {
        hash = (hash ^ UInt64(bitPattern: Int64(piece))) &* 0x100_0000_01B3
    }
}
