/// What a loss knows of each row and of its places, and the sum over the global batch.
final class LossRows<Scalar: TrainingScalar> {
    /// The loss of each row.
    let losses: UnsafeMutablePointer<Scalar>
    /// Whether a place's largest output is at its class, [N · P].
    let correct: UnsafeMutablePointer<Bool>
    /// P, the places of a row.
    let places: Int

    private let limit: Int
    private let lossMemory: AlignedBuffer<Scalar>
    private let correctMemory: AlignedBuffer<Bool>
    /// (Σ loss, correct places, rows).
    private let record: BatchRecord<Scalar.Accumulator>

    init(limits: PassLimits, places: Int) {
        self.places = places
        limit = limits.rows
        lossMemory = AlignedBuffer(count: limits.rows)
        correctMemory = AlignedBuffer(count: limits.rows * places)
        losses = lossMemory.base
        correct = correctMemory.base
        record = BatchRecord(length: 3, merge: .sum, over: .batch, limits: limits)
    }

    /// Traps if there are more rows than was prepared for.
    func expect(_ rows: Int, of loss: StaticString) {
        require(rows <= limit, "\(loss): prepared for \(limit) rows, given \(rows)")
    }

    /// The class as an index; traps if there is no such class.
    ///
    /// - Parameter place: among the places of all rows.
    @inline(__always)
    func index(_ target: Int32, place: Int, classes: Int) -> Int {
        require(target >= 0 && target < classes, "row \(place / places): class \(target) of \(classes) classes")
        return Int(target)
    }

    /// Whether `target` is the first of the largest values; false if any value it is compared with is NaN.
    @inline(__always)
    static func isFirstLargest(_ target: Int, of values: UnsafePointer<Scalar>, count: Int) -> Bool {
        // Counted rather than asked one after the other, and by vectors, so that nothing depends on where the target is.
        let value = values[target]
        var beaten: UInt32 = 0
        var first = 0
        while first &+ LaneSlice.laneCount <= count {
            for c in first..<(first &+ LaneSlice.laneCount) { beaten |= beats(values[c], c, value, target) }
            first &+= LaneSlice.laneCount
        }
        while first < count {
            beaten |= beats(values[first], first, value, target)
            first &+= 1
        }
        return beaten == 0
    }

    /// 1 if the value of class `c` is larger than the target's, is NaN, or is as large and comes before it.
    @inline(__always)
    private static func beats(_ other: Scalar, _ c: Int, _ value: Scalar, _ target: Int) -> UInt32 {
        let isSmaller: UInt32 = value > other ? 1 : 0
        let isNotLarger: UInt32 = value >= other ? 1 : 0
        let comesLater: UInt32 = c >= target ? 1 : 0
        return 1 ^ (isSmaller | isNotLarger & comesLater)
    }

    /// Sums rows in order within a shard, shards along the tree.
    func reduce(_ context: PassContext) -> BatchMetrics<Scalar.Accumulator> {
        let sums = record.reduce(context) { rows, record in
            typealias Sum = Scalar.Accumulator
            var loss = Sum.zero
            var hits = 0
            for n in rows { loss = loss + losses[n].accumulator }
            for place in rows.rows(each: places) { hits += correct[place] ? 1 : 0 }
            record[0] = loss
            record[1] = Sum(Double(hits))
            record[2] = Sum(Double(rows.count))
        }
        return BatchMetrics(lossSum: sums[0], correct: Int(sums[1].real), count: Int(sums[2].real))
    }
}
