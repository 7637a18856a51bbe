/// Tiles of rows of a `StridedProduct`, all of one group of columns.
struct StridedTiles<let vectors: Int, Scalar: VectorScalar>: TileWork {
    let form: StridedForm
    let x: UnsafePointer<Scalar>
    let xStride: Int
    let depth: Int
    /// Where each vector of B's first row begins.
    let columns: InlineArray<vectors, UnsafePointer<Scalar>>
    let bStride: Int
    let y: UnsafeMutablePointer<Scalar>
    let yStride: Int
    let lanes: Int
    let accumulates: Bool

    /// - Parameters:
    ///   - b: where the group begins in B's first row.
    ///   - y: where it begins in Y's.
    ///   - lanes: of each vector, those that are stored.
    @inline(__always)
    init(
        _ form: StridedForm, _ x: UnsafePointer<Scalar>, xStride: Int, depth: Int, _ b: UnsafePointer<Scalar>,
        bStride: Int, into y: UnsafeMutablePointer<Scalar>, yStride: Int, lanes: Int, accumulates: Bool
    ) {
        self.form = form
        self.x = x
        self.xStride = xStride
        self.depth = depth
        var columns = InlineArray<vectors, UnsafePointer<Scalar>>(repeating: b)
        for v in 0..<vectors { columns[unchecked: v] += v &* Scalar.laneCount }
        self.columns = columns
        self.bStride = bStride
        self.y = y
        self.yStride = yStride
        self.lanes = lanes
        self.accumulates = accumulates
    }

    @inline(__always)
    var maximumHeight: Int { ProductTiling.rows(vectors: vectors) }

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        typealias Tile = ProductTile<height, vectors, Scalar>
        let rows = stride(from: first, to: first &+ tiles &* height, by: height)
        switch form {
        case .rows:
            let start = InlineArray<vectors, Scalar.Vector>(repeating: Scalar.Vector())
            for row in rows {
                Tile.rowsTimesColumns(
                    x + row &* xStride, xStride: xStride, columns, wStride: bStride, count: depth,
                    start: accumulates ? nil : start, into: y + row &* yStride, yStride: yStride, lanes: lanes)
            }
        case .lowerRows(let firstRow):
            for row in rows {
                Tile.lowerRowsTimesColumns(
                    x + row &* xStride, xStride: xStride, columns, wStride: bStride, common: firstRow &+ row &+ 1,
                    into: y + row &* yStride, yStride: yStride, lanes: lanes)
            }
        case .columns:
            for row in rows {
                Tile.columnsTimesColumns(
                    x + row, xStride: xStride, columns, wStride: bStride, count: depth, isLower: false,
                    into: y + row &* yStride, yStride: yStride, lanes: lanes)
            }
        case .lowerColumns:
            for row in rows {
                var columns = columns
                for v in 0..<vectors { columns[unchecked: v] += row &* bStride }
                Tile.columnsTimesColumns(
                    x + (row &* xStride &+ row), xStride: xStride, columns, wStride: bStride, count: depth &- row,
                    isLower: true, into: y + row &* yStride, yStride: yStride, lanes: lanes)
            }
        }
    }
}
