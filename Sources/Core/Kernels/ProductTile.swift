/// A tile of a product in registers: `rows` × `vectors` vectors, each lane one chain of fused multiply-adds.
///
/// The chain of an element does not depend on the tile it is in: that is why tiles may have any shape.
struct ProductTile<let rows: Int, let vectors: Int, Scalar: VectorScalar> {
    typealias Vector = Scalar.Vector
    /// One vector for each of the tile's groups of columns.
    typealias Row = InlineArray<vectors, Vector>
    /// Where each vector of a row of the second operand begins.
    typealias Columns = InlineArray<vectors, UnsafePointer<Scalar>>
    /// Where each vector of a row of the result begins.
    typealias Targets = InlineArray<vectors, UnsafeMutablePointer<Scalar>>
    typealias Accumulators = InlineArray<rows, Row>

    @inline(__always)
    static var zeros: Accumulators { Accumulators(repeating: Row(repeating: Vector())) }

    /// Reads one row of the second operand and goes on to the next.
    @inline(__always)
    static func take(_ columns: inout Columns, step: Int) -> Row {
        var row = Row(repeating: Vector())
        for v in 0..<vectors {
            row[unchecked: v] = Scalar.load(columns[unchecked: v])
            columns[unchecked: v] += step
        }
        return row
    }

    /// Computes Y[r, :] = start + Σ_k x[r, k]·w[k, :] for the tile's rows.
    ///
    /// - Parameters:
    ///   - x: the first row; rows are `xStride` apart, k contiguous.
    ///   - w: row 0 of the second operand; its rows are `wStride` apart.
    ///   - start: what the chains begin at; nil to go on from what `y` holds.
    ///   - y: the first row of the result; rows are `yStride` apart.
    ///   - lanes: of each vector, those that are stored.
    @inline(__always)
    static func rowsTimesColumns(
        _ x: UnsafePointer<Scalar>, xStride: Int, _ w: Columns, wStride: Int, count: Int, start: Row?,
        into y: UnsafeMutablePointer<Scalar>, yStride: Int, lanes: Int
    ) {
        var sums = zeros
        var inputs = InlineArray<rows, UnsafePointer<Scalar>>(repeating: x)
        for r in 0..<rows { inputs[unchecked: r] = x + r &* xStride }
        if let start {
            for r in 0..<rows { sums[unchecked: r] = start }
        } else {
            load(&sums, UnsafePointer(y), yStride, lanes)
        }
        var columns = w
        var k = 0
        while k < count {
            let row = take(&columns, step: wStride)
            for r in 0..<rows {
                let input = Vector(repeating: inputs[unchecked: r][k])
                for v in 0..<vectors {
                    sums[unchecked: r][unchecked: v] = Scalar.multiplyAdd(
                        input, row[unchecked: v], sums[unchecked: r][unchecked: v])
                }
            }
            k &+= 1
        }
        store(sums, y, yStride, lanes)
    }

    @inline(__always)
    private static func load(
        _ sums: inout Accumulators, _ y: UnsafePointer<Scalar>, _ yStride: Int, _ lanes: Int
    ) {
        // Only a tile of one vector can end with a narrower panel.
        let isNarrow = vectors == 1 && lanes != Scalar.laneCount
        for r in 0..<rows {
            if isNarrow {
                sums[unchecked: r][unchecked: 0] = Scalar.load(y + r &* yStride, count: lanes)
            } else {
                for v in 0..<vectors {
                    sums[unchecked: r][unchecked: v] = Scalar.load(y + (r &* yStride &+ v &* Scalar.laneCount))
                }
            }
        }
    }

    @inline(__always)
    static func store(
        _ sums: Accumulators, _ y: UnsafeMutablePointer<Scalar>, _ yStride: Int, _ lanes: Int
    ) {
        let isNarrow = vectors == 1 && lanes != Scalar.laneCount
        for r in 0..<rows {
            if isNarrow {
                Scalar.store(sums[unchecked: r][unchecked: 0], y + r &* yStride, count: lanes)
            } else {
                for v in 0..<vectors {
                    Scalar.store(sums[unchecked: r][unchecked: v], y + (r &* yStride &+ v &* Scalar.laneCount))
                }
            }
        }
    }
}
