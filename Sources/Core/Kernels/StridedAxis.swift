/// An axis along which up to three tensors are walked together: how long it is, and how far apart its elements lie in each.
struct StridedAxis: Sendable, Hashable {
    /// The elements along the axis.
    let extent: Int
    /// How far apart they lie in the first tensor; 0 where it does not have the axis, and so stays where it is.
    var a: Int
    /// The same in the second tensor.
    var b: Int
    /// The same in the result: 0 where the axis is summed over.
    var c: Int

    /// The steps of all tensors together: how far the next element is.
    var steps: Int { a + b + c }

    /// The distances between neighbours of row-major tensors of these extents.
    static func rowMajorStrides(_ extents: [Int]) -> [Int] {
        var strides = extents
        var stride = 1
        for axis in extents.indices.reversed() {
            strides[axis] = stride
            stride *= extents[axis]
        }
        return strides
    }
}

extension [StridedAxis] {
    /// The elements of a tensor with these axes.
    var elementCount: Int { reduce(1) { $0 * $1.extent } }

    /// The axes from the largest of these strides to the smallest: outermost first, in the order of a tensor's memory.
    func sorted(by stride: KeyPath<StridedAxis, Int>) -> [StridedAxis] {
        // Equal strides keep their order: `sort` alone promises none.
        enumerated().sorted { (-$0.element[keyPath: stride], $0.offset) < (-$1.element[keyPath: stride], $1.offset) }
            .map(\.element)
    }

    /// How far apart the elements are if these axes, outermost first, are one in the tensor with this stride; else nil.
    func mergedStride(_ stride: KeyPath<StridedAxis, Int>) -> Int? {
        for (outer, inner) in zip(self, dropFirst())
        where outer[keyPath: stride] != inner[keyPath: stride] * inner.extent { return nil }
        return last?[keyPath: stride]
    }
}
