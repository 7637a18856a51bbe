/// Up to sixteen neighbouring places of a row.
struct LaneSlice {
    /// The lanes, on every CPU.
    static let laneCount = 16

    let first: Int
    let count: Int

    /// `count`, filled up to whole vectors.
    @inline(__always)
    static func wholeVectors(_ count: Int) -> Int { (count &+ laneCount &- 1) & ~(laneCount &- 1) }

    /// Reads these places of a row; lanes beyond them are zero.
    @inline(__always)
    func load<Scalar: TrainingScalar>(_ row: UnsafePointer<Scalar>) -> Scalar.Lanes {
        count == Self.laneCount ? Scalar.Lanes(row + first) : Scalar.Lanes(row + first, count: count)
    }

    /// Writes these places of a row.
    @inline(__always)
    func store<Scalar: TrainingScalar>(_ lanes: Scalar.Lanes, _ row: UnsafeMutablePointer<Scalar>) {
        if count == Self.laneCount { lanes.store(row + first) } else { lanes.store(row + first, count: count) }
    }

    /// Does all places of a row of `count`, in order.
    @inline(__always)
    static func forEach(of count: Int, _ body: (LaneSlice) -> Void) {
        var first = 0
        while first &+ laneCount <= count {
            body(LaneSlice(first: first, count: laneCount))
            first &+= laneCount
        }
        if first < count { body(LaneSlice(first: first, count: count &- first)) }
    }
}
