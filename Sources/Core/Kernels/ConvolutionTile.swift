/// A tile of a convolution's products in registers: `rows` × `vectors` vectors, each lane one chain of fused multiply-adds.
///
/// It reads images where they lie, so that no matrix of windows is made: the k of a window, the places of an image and the windows
/// that a pixel is in are each two loops, along lines and from line to line.
struct ConvolutionTile<let rows: Int, let vectors: Int, Lanes: TileVector> {
    typealias Scalar = Lanes.Scalar
    typealias Row = InlineArray<vectors, Lanes.Vector>
    typealias Columns = ColumnGroup<vectors, Scalar>
    typealias Accumulators = InlineArray<rows, Row>

    /// A tile of at most eight rows.
    @inline(__always)
    private static var zeros: Accumulators { Accumulators(repeating: Row(repeating: Lanes.Vector())) }

    /// Computes Y[r, :] = start[r, :] + Σ_p Σ_e x[r, p, e]·w[p·L + e, :]: some neighbouring places of the output.
    ///
    /// - Parameters:
    ///   - windows: element 0 of the first place's window, and from place to place; a window's lines are L = `lineLength` numbers.
    ///   - lines: of a window.
    ///   - weight: row 0 of w.
    ///   - zeros: as many as the tile has elements.
    @inline(__always)
    static func windowsTimesColumns(
        _ windows: ImageLines<Scalar>, lines: Int, lineLength: Int, _ weight: Columns, zeros: UnsafePointer<Scalar>,
        start: TileRows<Scalar>, into y: TileRows<Scalar>
    ) {
        var sums = tile(beginningAt: start, zeros: zeros)
        var columns = weight
        var line = windows
        for _ in 0..<lines {
            addProducts(&sums, line, lineLength, &columns)
            line.base += line.line
        }
        store(sums, y)
    }

    /// Computes dX[r, :] = Σ (Σ_o dY[r, i, j, o]·Wᵀ[i, j, o, :]) over the windows (i, j) that some neighbouring pixels are in, each
    /// window's chain from +0, added to the sum as it is finished.
    ///
    /// - Parameters:
    ///   - slopes: the first pixel's first window's slopes, `depth` of them; from a pixel to the next is as far as from one of its
    ///     windows to the next.
    ///   - lines: of windows, of `windows` each.
    ///   - weight: row 0 of the first window's part; the next window's is `nextWindow` away and the next line's `nextLine`.
    @inline(__always)
    static func slopesTimesColumns(
        _ slopes: ImageLines<Scalar>, depth: Int, lines: Int, windows: Int, _ weight: Columns, nextWindow: Int,
        nextLine: Int, into dX: TileRows<Scalar>
    ) {
        var total = zeros
        var line = slopes
        var columnsOfLine = weight
        for _ in 0..<lines {
            var window = line
            var columnsOfWindow = columnsOfLine
            for _ in 0..<windows {
                var sums = zeros
                var columns = columnsOfWindow
                addProducts(&sums, window, depth, &columns)
                for r in 0..<rows {
                    for v in 0..<vectors {
                        total[unchecked: r][unchecked: v] = Lanes.add(
                            total[unchecked: r][unchecked: v], sums[unchecked: r][unchecked: v])
                    }
                }
                window.base += window.place
                columnsOfWindow.advance(elements: nextWindow)
            }
            line.base += line.line
            columnsOfLine.advance(elements: nextLine)
        }
        store(total, dX)
    }

    /// Computes dW[e, :] = start[e, :] + Σ_i Σ_j x[i, j, e]·dY[i, j, :] over some lines of places, for some neighbouring e.
    ///
    /// - Parameters:
    ///   - windows: element e of the first place's window, and from place to place.
    ///   - slopes: the first place's; the next line's are `slopesLine` elements away.
    ///   - lines: of places, of `places` each.
    ///   - zeros: as many as the tile has elements.
    @inline(__always)
    static func windowsTimesSlopes(
        _ windows: ImageLines<Scalar>, _ slopes: Columns, slopesLine: Int, lines: Int, places: Int,
        zeros: UnsafePointer<Scalar>, start: TileRows<Scalar>, into dW: TileRows<Scalar>
    ) {
        var sums = tile(beginningAt: start, zeros: zeros)
        var line = windows.base
        var slopesOfLine = slopes
        for _ in 0..<lines {
            var input = line
            var columns = slopesOfLine
            var place = 0
            while place < places {
                let row = take(&columns)
                for r in 0..<rows {
                    let value = Lanes.Vector(repeating: input[r])
                    for v in 0..<vectors {
                        sums[unchecked: r][unchecked: v] = Lanes.multiplyAdd(
                            value, row[unchecked: v], sums[unchecked: r][unchecked: v])
                    }
                }
                input += windows.place
                place &+= 1
            }
            line += windows.line
            slopesOfLine.advance(elements: slopesLine)
        }
        store(sums, dW)
    }

    /// Adds Σ_k x[r, k]·w[k, :] over `count` rows of w, and leaves `w` behind them; x[r] is place r of `x`.
    @inline(__always)
    private static func addProducts(
        _ sums: inout Accumulators, _ x: ImageLines<Scalar>, _ count: Int, _ w: inout Columns
    ) {
        var inputs = InlineArray<rows, UnsafePointer<Scalar>>(repeating: x.base)
        for r in 0..<rows { inputs[unchecked: r] = x.base + r &* x.place }
        var k = 0
        while k < count {
            let row = take(&w)
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

    /// Reads one row of the second operand and goes on to the next.
    @inline(__always)
    private static func take(_ columns: inout Columns) -> Row {
        var row = Row(repeating: Lanes.Vector())
        for v in 0..<vectors {
            row[unchecked: v] = Lanes.load(columns.row[unchecked: v])
            columns.row[unchecked: v] += columns.stride
        }
        return row
    }

    /// A tile read from memory.
    ///
    /// First all of it from zeros: `InlineArray(repeating:)`, of ten rows and more, the compiler may call, and what a call is given
    /// the address of is never in registers.
    @inline(__always)
    private static func tile(beginningAt start: TileRows<Scalar>, zeros: UnsafePointer<Scalar>) -> Accumulators {
        var tile = UnsafeRawPointer(zeros).loadUnaligned(as: Accumulators.self)
        for r in 0..<rows {
            for v in 0..<vectors {
                tile[unchecked: r][unchecked: v] = Lanes.load(
                    start.base + (r &* start.stride &+ v &* Lanes.laneCount))
            }
        }
        return tile
    }

    @inline(__always)
    private static func store(_ tile: Accumulators, _ target: TileRows<Scalar>) {
        for r in 0..<rows {
            for v in 0..<vectors {
                Lanes.store(
                    tile[unchecked: r][unchecked: v], target.base + (r &* target.stride &+ v &* Lanes.laneCount))
            }
        }
    }
}
