/// A tile of a convolution's products in registers: `rows` × `vectors` vectors, each lane one chain of fused multiply-adds.
///
/// It reads images where they lie, so that no matrix of windows is made: the k of a window, the places of an image and the windows
/// that a pixel is in are each two loops, along lines and from line to line.
struct ConvolutionTile<let rows: Int, let vectors: Int, Lanes: TileVector> {
    typealias Scalar = Lanes.Scalar
    typealias Row = InlineArray<vectors, Lanes.Vector>
    /// Where each vector of a row of the second operand begins.
    typealias Columns = InlineArray<vectors, UnsafePointer<Scalar>>
    typealias Accumulators = InlineArray<rows, Row>

    /// A tile of at most eight rows.
    @inline(__always)
    private static var zeros: Accumulators { Accumulators(repeating: Row(repeating: Lanes.Vector())) }

    /// A tile read from as many zeros. `InlineArray(repeating:)`, of ten rows and more, the compiler may call, and
    /// what a call is given the address of is never in registers.
    @inline(__always)
    private static func tile(of zeros: UnsafePointer<Scalar>) -> Accumulators {
        UnsafeRawPointer(zeros).loadUnaligned(as: Accumulators.self)
    }

    /// Computes Y[r, :] = start + Σ_p Σ_e x[r, p, e]·w[p·L + e, :]: some neighbouring places of the output.
    ///
    /// - Parameters:
    ///   - x: the first place's window; the others are `xStride` apart, a window's lines, of L numbers each, `xLine`.
    ///   - w: row 0 of the weight; its rows are `wStride` apart.
    ///   - zeros: as many as the tile has elements.
    ///   - start: what the first row's chains begin at; that of the others is `startStride` apart.
    ///   - y: the first row of the result; rows are `yStride` apart.
    @inline(__always)
    static func windowsTimesColumns(
        _ x: UnsafePointer<Scalar>, xStride: Int, xLine: Int, lines: Int, lineLength: Int, _ w: Columns, wStride: Int,
        zeros: UnsafePointer<Scalar>, start: UnsafePointer<Scalar>, startStride: Int,
        into y: UnsafeMutablePointer<Scalar>, yStride: Int
    ) {
        var sums = tile(of: zeros)
        for r in 0..<rows {
            for v in 0..<vectors {
                sums[unchecked: r][unchecked: v] = Lanes.load(start + (r &* startStride &+ v &* Lanes.laneCount))
            }
        }
        var columns = w
        var line = x
        for _ in 0..<lines {
            addProducts(&sums, line, xStride, lineLength, &columns, wStride)
            line += xLine
        }
        store(sums, y, yStride)
    }

    /// Computes dX[r, :] = Σ (Σ_o dY[r, i, j, o]·Wᵀ[i, j, o, :]) over the windows (i, j) that some neighbouring pixels are in, each
    /// window's chain from +0, added to the sum as it is finished.
    ///
    /// - Parameters:
    ///   - y: the first pixel's first window's slopes, `depth` of them; the pixels' are `yStride` apart, and so are a pixel's windows
    ///     of one line; the next line's are `yLine` away.
    ///   - windows: the windows of a line.
    ///   - w: row 0 of the first window's part of the weight; rows are `wStride` apart, the next window's part is `wWindow` away and
    ///     the next line's `wLine`.
    @inline(__always)
    static func slopesTimesColumns(
        _ y: UnsafePointer<Scalar>, yStride: Int, yLine: Int, depth: Int, lines: Int, windows: Int, _ w: Columns,
        wStride: Int, wWindow: Int, wLine: Int, into dX: UnsafeMutablePointer<Scalar>, dXStride: Int
    ) {
        var total = zeros
        var line = y
        var columnsOfLine = w
        for _ in 0..<lines {
            var window = line
            var first = columnsOfLine
            for _ in 0..<windows {
                var sums = zeros
                var columns = first
                addProducts(&sums, window, yStride, depth, &columns, wStride)
                for r in 0..<rows {
                    for v in 0..<vectors {
                        total[unchecked: r][unchecked: v] = Lanes.add(
                            total[unchecked: r][unchecked: v], sums[unchecked: r][unchecked: v])
                    }
                }
                window += yStride
                for v in 0..<vectors { first[unchecked: v] += wWindow }
            }
            line += yLine
            for v in 0..<vectors { columnsOfLine[unchecked: v] += wLine }
        }
        store(total, dX, dXStride)
    }

    /// Adds Σ_k x[r, k]·w[k, :] over `count` rows of w, and leaves `w` behind them.
    @inline(__always)
    private static func addProducts(
        _ sums: inout Accumulators, _ x: UnsafePointer<Scalar>, _ xStride: Int, _ count: Int, _ w: inout Columns,
        _ wStride: Int
    ) {
        var inputs = InlineArray<rows, UnsafePointer<Scalar>>(repeating: x)
        for r in 0..<rows { inputs[unchecked: r] = x + r &* xStride }
        var k = 0
        while k < count {
            let row = take(&w, step: wStride)
            for r in 0..<rows {
                let value = Lanes.Vector(repeating: inputs[unchecked: r][k])
                for v in 0..<vectors {
                    sums[unchecked: r][unchecked: v] = Lanes.multiplyAdd(
                        value, row[unchecked: v], sums[unchecked: r][unchecked: v])
                }
            }
            k &+= 1
        }
    }

    /// Computes dW[e, :] = Σ_i Σ_j x[i, j, e]·dY[i, j, :] over `lines` lines of `places` places, for some neighbouring e.
    ///
    /// - Parameters:
    ///   - x: element e of the first place's window; the windows are `xStride` apart, the next line's `xLine`.
    ///   - y: the first place's slopes; the places' are `yStride` apart, the next line's `yLine`.
    ///   - zeros: as many as the tile has elements.
    ///   - start: what the first row's chains begin at; that of the others is `startWidth` apart.
    ///   - dW: where each vector of the first row of the result begins; rows are `width` apart.
    ///   - adds: whether the sums are added to what `dW` holds.
    @inline(__always)
    static func windowsTimesSlopes(
        _ x: UnsafePointer<Scalar>, xStride: Int, xLine: Int, _ y: Columns, yStride: Int, yLine: Int, lines: Int,
        places: Int, zeros: UnsafePointer<Scalar>, start: Columns, startWidth: Int, into dW: Columns, adds: Bool,
        width: Int
    ) {
        var sums = tile(of: zeros)
        for r in 0..<rows {
            for v in 0..<vectors {
                sums[unchecked: r][unchecked: v] = Lanes.load(start[unchecked: v] + r &* startWidth)
            }
        }
        var line = x
        var columnsOfLine = y
        for _ in 0..<lines {
            var input = line
            var columns = columnsOfLine
            var place = 0
            while place < places {
                let row = take(&columns, step: yStride)
                for r in 0..<rows {
                    let value = Lanes.Vector(repeating: input[r])
                    for v in 0..<vectors {
                        sums[unchecked: r][unchecked: v] = Lanes.multiplyAdd(
                            value, row[unchecked: v], sums[unchecked: r][unchecked: v])
                    }
                }
                input += xStride
                place &+= 1
            }
            line += xLine
            for v in 0..<vectors { columnsOfLine[unchecked: v] += yLine }
        }
        if adds {
            for r in 0..<rows {
                for v in 0..<vectors {
                    sums[unchecked: r][unchecked: v] = Lanes.add(
                        Lanes.load(dW[unchecked: v] + r &* width), sums[unchecked: r][unchecked: v])
                }
            }
        }
        for r in 0..<rows {
            for v in 0..<vectors {
                Lanes.store(
                    sums[unchecked: r][unchecked: v], UnsafeMutablePointer(mutating: dW[unchecked: v]) + r &* width)
            }
        }
    }

    /// Reads one row of the second operand and goes on to the next.
    @inline(__always)
    private static func take(_ columns: inout Columns, step: Int) -> Row {
        var row = Row(repeating: Lanes.Vector())
        for v in 0..<vectors {
            row[unchecked: v] = Lanes.load(columns[unchecked: v])
            columns[unchecked: v] += step
        }
        return row
    }

    @inline(__always)
    private static func store(_ sums: Accumulators, _ target: UnsafeMutablePointer<Scalar>, _ stride: Int) {
        for r in 0..<rows {
            for v in 0..<vectors {
                Lanes.store(sums[unchecked: r][unchecked: v], target + (r &* stride &+ v &* Lanes.laneCount))
            }
        }
    }
}
