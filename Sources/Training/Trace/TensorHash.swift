import Core
import Storage

/// Hashes of tensors that lie in pieces on several ranks: rows of a batch, blocks of a parameter.
///
/// Computes Σ h(h(piece), place) mod 2⁶⁴ over a tensor's pieces, where h is XXH3 and a piece's place is its number in the whole.
/// A sum of integers has no order, so it depends neither on which rank has which pieces nor on how many ranks there are; the
/// place makes two pieces that change places two others.
package final class TensorHash {
    /// One sum a tensor.
    private let sums: AlignedBuffer<UInt64>
    /// A piece whose NaNs are made alike.
    private let copy: AlignedBuffer<Float>

    /// - Parameters:
    ///   - count: the tensors.
    ///   - pieceLimit: the elements of the longest piece.
    package init(count: Int, pieceLimit: Int) {
        sums = AlignedBuffer(count: count)
        copy = AlignedBuffer(count: pieceLimit)
    }

    /// The hashes of the pieces that were added since `clear`.
    package var values: UnsafeMutableBufferPointer<UInt64> { sums.elements }

    package func clear() {
        sums.base.update(repeating: 0, count: sums.count)
    }

    /// Adds a piece; every NaN in it counts as the quiet NaN 0x7fc00000.
    ///
    /// - Complexity: O(count), no allocation.
    package func add(_ piece: UnsafePointer<Float>, count: Int, place: Int, to tensor: Int) {
        guard Self.hasNaN(piece, count: count) else {
            return add(hash: Fingerprint.hash(piece, count: count), place: place, to: tensor)
        }
        for i in 0..<count { copy.base[i] = piece[i].isNaN ? Float(bitPattern: 0x7fc0_0000) : piece[i] }
        add(hash: Fingerprint.hash(UnsafePointer(copy.base), count: count), place: place, to: tensor)
    }

    /// Adds a piece of something else than floats.
    package func add(_ piece: UnsafeRawBufferPointer, place: Int, to tensor: Int) {
        add(hash: Fingerprint.hash(piece), place: place, to: tensor)
    }

    /// Adds a single value as the whole of a tensor.
    package func add<Value: BitwiseCopyable>(_ value: Value, place: Int = 0, to tensor: Int) {
        let hash = withUnsafeBytes(of: value) { Fingerprint.hash($0) }
        add(hash: hash, place: place, to: tensor)
    }

    private func add(hash: UInt64, place: Int, to tensor: Int) {
        let placed = withUnsafeBytes(of: (hash, UInt64(place))) { Fingerprint.hash($0) }
        sums.base[tensor] &+= placed
    }

    /// Looks at all elements, so that the loop is one of vectors.
    private static func hasNaN(_ values: UnsafePointer<Float>, count: Int) -> Bool {
        var found: UInt32 = 0
        for i in 0..<count { found |= values[i] == values[i] ? 0 : 1 }
        return found != 0
    }
}
