/// Rows of a tile in memory, or of a matrix: neighbouring numbers of each.
struct TileRows<Scalar> {
    let base: UnsafeMutablePointer<Scalar>
    /// From a row to the next; 0 where all are the same one.
    let stride: Int

    @inline(__always)
    func advanced(rows: Int) -> TileRows { TileRows(base: base + rows &* stride, stride: stride) }
}

/// Some vectors of columns of a matrix, side by side in a tile.
struct ColumnGroup<let vectors: Int, Scalar> {
    /// Where each vector of the row at hand begins.
    var row: InlineArray<vectors, UnsafePointer<Scalar>>
    /// From a row to the next.
    let stride: Int

    @inline(__always)
    mutating func advance(elements: Int) {
        for v in 0..<vectors { row[unchecked: v] += elements }
    }

    @inline(__always)
    func advanced(elements: Int) -> ColumnGroup {
        var group = self
        group.advance(elements: elements)
        return group
    }
}

/// An image as a tile reads it.
struct ImageLines<Scalar> {
    var base: UnsafePointer<Scalar>
    /// From a place that the tile reads to the next one of its line.
    let place: Int
    /// From a line to the next.
    let line: Int

    @inline(__always)
    func advanced(elements: Int) -> ImageLines { ImageLines(base: base + elements, place: place, line: line) }
}

/// Where tiles' rows go. Where there are fewer columns than a vector has lanes, a tile is finished in memory of its own, and only
/// those columns are copied.
struct TileTarget<Lanes: TileVector> {
    let rows: TileRows<Lanes.Scalar>
    /// The columns, where they are fewer than the lanes.
    let narrowLanes: Int?
    /// As many vectors as the highest tile has rows.
    let narrowTile: UnsafeMutablePointer<Lanes.Scalar>

    @inline(__always)
    init(
        _ rows: TileRows<Lanes.Scalar>, vectors: Int, lanes: Int, narrowTile: UnsafeMutablePointer<Lanes.Scalar>
    ) {
        self.rows = rows
        narrowLanes = vectors == 1 && lanes < Lanes.laneCount ? lanes : nil
        self.narrowTile = narrowTile
    }

    /// Where a tile of `height` rows from `first` on is stored; with `reads` it holds what the rows hold.
    @inline(__always)
    func begin(_ first: Int, height: Int, reads: Bool) -> TileRows<Lanes.Scalar> {
        let target = rows.advanced(rows: first)
        guard let narrowLanes else { return target }
        let tile = TileRows(base: narrowTile, stride: Lanes.laneCount)
        if reads { copy(target, into: tile, height, narrowLanes) }
        return tile
    }

    /// Brings a tile that is stored to where it belongs.
    @inline(__always)
    func finish(_ first: Int, height: Int) {
        guard let narrowLanes else { return }
        copy(TileRows(base: narrowTile, stride: Lanes.laneCount), into: rows.advanced(rows: first), height, narrowLanes)
    }

    @inline(__always)
    private func copy(
        _ source: TileRows<Lanes.Scalar>, into target: TileRows<Lanes.Scalar>, _ height: Int, _ lanes: Int
    ) {
        for r in 0..<height {
            let row = Lanes.load(source.base + r &* source.stride, count: lanes)
            Lanes.store(row, target.base + r &* target.stride, count: lanes)
        }
    }
}
