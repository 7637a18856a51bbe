extension PanelProduct {
    /// Computes Y[:, 0 ..< columns] = bias + X·panels over the rows `k` of the panels: so few that a panel's part stays in
    /// the caches, and in as many rows of X as keep their part there while all panels pass by.
    ///
    /// - Parameters:
    ///   - x: X[0, k]; rows are `xStride` apart.
    ///   - goesOn: whether the chains go on from what Y holds; otherwise they begin at the bias.
    ///   - packed: room for `ProductTiling.packedRowsCount`; nil to read X's rows where they are.
    /// - Precondition: packed, at most `ProductTiling.depth` rows of the panels.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func multiply(
        _ x: UnsafePointer<Scalar>, xStride: Int, rows: Int, _ panels: PanelMatrix<Scalar>, _ k: Range<Int>,
        columns: Int, bias: UnsafePointer<Scalar>?, goesOn: Bool, into y: UnsafeMutablePointer<Scalar>, yStride: Int,
        packed: UnsafeMutablePointer<Scalar>?
    ) {
        precondition(packed == nil || k.count <= ProductTiling.depth, "\(k.count) steps of k are too many to pack")
        let block = ProductTiling.rowsOfBlock(
            depth: packed == nil ? k.count : ProductTiling.depth, of: Scalar.self)
        for row in stride(from: 0, to: rows, by: block) {
            let rows = min(block, rows - row)
            var (left, leftStride) = (x + row * xStride, xStride)
            if let packed {
                leftStride = ProductTiling.packedStride(depth: k.count, of: Scalar.self)
                for r in 0..<rows { (packed + r * leftStride).update(from: left + r * xStride, count: k.count) }
                left = UnsafePointer(packed)
            }
            multiplyBlock(
                left, xStride: leftStride, rows: rows, panels, k, columns: columns, bias: bias, goesOn: goesOn,
                into: y + row * yStride, yStride: yStride)
        }
    }

    /// One block of rows.
    @inline(__always)
    static func multiplyBlock(
        _ x: UnsafePointer<Scalar>, xStride: Int, rows: Int, _ panels: PanelMatrix<Scalar>, _ k: Range<Int>,
        columns: Int, bias: UnsafePointer<Scalar>?, goesOn: Bool, into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        let whole = columns & ~(ParameterLayout.panelWidth - 1)
        var column = 0
        // One row or two: more columns at a time, or there would be too few chains.
        while ProductTiling.isWide && rows <= 2 && column &+ 8 &* Scalar.laneCount <= whole {
            multiplyGroup(
                x, xStride: xStride, rows: rows, panels, k, column: column, VectorCount<8>(),
                lanes: Scalar.laneCount, bias: bias, goesOn: goesOn, into: y, yStride: yStride)
            column &+= 8 &* Scalar.laneCount
        }
        while column < columns {
            let vectors = (whole &- column) / Scalar.laneCount
            if ProductTiling.isWide && ProductTiling.halvesPanels(of: Scalar.self) && vectors >= 4 && rows > 8 {
                multiplyGroup(
                    x, xStride: xStride, rows: rows, panels, k, column: column, VectorCount<4>(),
                    lanes: Scalar.laneCount, bias: bias, goesOn: goesOn, into: y, yStride: yStride)
                column &+= 4 &* Scalar.laneCount
            } else if ProductTiling.isWide && vectors >= 3 && vectors != 4 {
                multiplyGroup(
                    x, xStride: xStride, rows: rows, panels, k, column: column, VectorCount<3>(),
                    lanes: Scalar.laneCount, bias: bias, goesOn: goesOn, into: y, yStride: yStride)
                column &+= 3 &* Scalar.laneCount
            } else if ProductTiling.isWide && vectors >= 2 {
                multiplyGroup(
                    x, xStride: xStride, rows: rows, panels, k, column: column, VectorCount<2>(),
                    lanes: Scalar.laneCount, bias: bias, goesOn: goesOn, into: y, yStride: yStride)
                column &+= 2 &* Scalar.laneCount
            } else {
                multiplyGroup(
                    x, xStride: xStride, rows: rows, panels, k, column: column, VectorCount<1>(),
                    lanes: min(Scalar.laneCount, columns &- column), bias: bias, goesOn: goesOn, into: y,
                    yStride: yStride)
                column &+= Scalar.laneCount
            }
        }
    }

    /// One group of columns.
    @inline(__always)
    private static func multiplyGroup<let vectors: Int>(
        _ x: UnsafePointer<Scalar>, xStride: Int, rows: Int, _ panels: PanelMatrix<Scalar>, _ k: Range<Int>,
        column: Int, _ group: VectorCount<vectors>, lanes: Int, bias: UnsafePointer<Scalar>?, goesOn: Bool,
        into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        var start = InlineArray<vectors, Scalar.Vector>(repeating: Scalar.Vector())
        if let bias {
            for v in 0..<vectors {
                start[unchecked: v] = Scalar.load(bias + (column &+ v &* Scalar.laneCount), count: lanes)
            }
        }
        var columns = panels.group(column: column, group)
        let wStride = panels.stride(column: column)
        for v in 0..<vectors { columns[unchecked: v] += k.lowerBound &* wStride }
        let tiles = RowTiles(
            x: x, xStride: xStride, columns: columns, wStride: wStride, count: k.count,
            start: goesOn ? nil : start, y: y + column, yStride: yStride, lanes: lanes)
        if vectors < 8 {
            tiles.cut(rows: rows)
        } else if rows == 1 {
            tiles.run(TileHeight<1>(), first: 0, tiles: 1)
        } else {
            tiles.run(TileHeight<2>(), first: 0, tiles: 1)
        }
    }
}

/// Tiles of rows of Y, all of one group of columns.
struct RowTiles<let vectors: Int, Scalar: VectorScalar>: TileWork {
    let x: UnsafePointer<Scalar>
    let xStride: Int
    let columns: InlineArray<vectors, UnsafePointer<Scalar>>
    let wStride: Int
    let count: Int
    let start: InlineArray<vectors, Scalar.Vector>?
    let y: UnsafeMutablePointer<Scalar>
    let yStride: Int
    let lanes: Int

    @inline(__always)
    var maximumHeight: Int { ProductTiling.rows(vectors: vectors) }

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        var tile = 0
        while tile < tiles {
            let row = first &+ tile &* height
            ProductTile<height, vectors, Scalar>.rowsTimesColumns(
                x + row &* xStride, xStride: xStride, columns, wStride: wStride, count: count, start: start,
                into: y + row &* yStride, yStride: yStride, lanes: lanes)
            tile &+= 1
        }
    }
}
