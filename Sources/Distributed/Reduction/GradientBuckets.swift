/// Where the arena is cut for gradients to cross the network while the backward pass goes on.
public enum GradientBuckets {
    /// The bytes from which on a bucket is worth messages of its own: one for each rank.
    public static func minimumBytes(ranks: Int) -> Int { max(1 << 20, ranks * (1 << 16)) }

    /// The elements at which buckets begin, ascending, 0 left out: each is as few of the outermost layers as have `minimumBytes`,
    /// from the last on, whose gradients are done first; what is left is the first.
    ///
    /// - Parameters:
    ///   - firstElements: for each layer, where its parameters begin.
    ///   - storageCount: the elements of the arena.
    public static func starts(
        firstElements: [Int], storageCount: Int, minimumBytes: Int, bytesPerElement: Int = 4
    ) -> [Int] {
        var starts: [Int] = []
        var end = storageCount
        for first in firstElements.reversed() where first > 0 && (end - first) * bytesPerElement >= minimumBytes {
            starts.append(first)
            end = first
        }
        return starts.reversed()
    }
}
