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
        // Counted rather than asked one after the other, so that the comparisons go in vectors.
        let value = values[target]
        var beaten: UInt32 = 0
        for c in 0..<target { beaten |= value > values[c] ? 0 : 1 }
        for c in target..<count { beaten |= value >= values[c] ? 0 : 1 }
        return beaten == 0
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
