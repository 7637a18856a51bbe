/// Work on tiles of one height after the other, written once for all heights.
protocol TileWork {
    /// The most rows of a tile: up to 6, or 8, 12 or 16. Of other numbers not all heights are there.
    var maximumHeight: Int { get }

    /// Does the tiles of `height` rows that begin at row `first`.
    func run<let height: Int>(_ height: TileHeight<height>, first: Int, tiles: Int)
}

/// A number of rows, known when compiling.
struct TileHeight<let height: Int> {}

extension TileWork {
    /// Cuts `rows` rows into the fewest tiles that registers hold, of two heights at most that differ by one: 64 rows are
    /// nine tiles of 6 and two of 5, 8 rows two of 4. A tile of 1 or 2 rows has too few chains to keep the multipliers
    /// busy.
    @inline(__always)
    func cut(rows: Int) {
        guard rows > 0 else { return }
        let tiles = (rows &+ maximumHeight &- 1) / maximumHeight
        let low = rows / tiles
        let higher = rows &- low &* tiles
        if higher > 0 { run(height: low &+ 1, first: 0, tiles: higher) }
        run(height: low, first: higher &* (low &+ 1), tiles: tiles &- higher)
    }

    @inline(__always)
    private func run(height: Int, first: Int, tiles: Int) {
        switch height {
        case 1: run(TileHeight<1>(), first: first, tiles: tiles)
        case 2: run(TileHeight<2>(), first: first, tiles: tiles)
        case 3: run(TileHeight<3>(), first: first, tiles: tiles)
        case 4: run(TileHeight<4>(), first: first, tiles: tiles)
        case 5: run(TileHeight<5>(), first: first, tiles: tiles)
        case 6: run(TileHeight<6>(), first: first, tiles: tiles)
        case 7...8: runHigh(height: height, first: first, tiles: tiles)
        case 9...12: runHigher(height: height, first: first, tiles: tiles)
        default: runHighest(height: height, first: first, tiles: tiles)
        }
    }

    @inline(__always)
    private func runHigh(height: Int, first: Int, tiles: Int) {
        // Folded away where tiles have six rows.
        guard maximumHeight >= 8 else { return }
        if height == 7 {
            run(TileHeight<7>(), first: first, tiles: tiles)
        } else {
            run(TileHeight<8>(), first: first, tiles: tiles)
        }
    }

    @inline(__always)
    private func runHigher(height: Int, first: Int, tiles: Int) {
        // Folded away where tiles have six or eight rows.
        guard maximumHeight > 8 else { return }
        switch height {
        case 9: run(TileHeight<9>(), first: first, tiles: tiles)
        case 10: run(TileHeight<10>(), first: first, tiles: tiles)
        case 11: run(TileHeight<11>(), first: first, tiles: tiles)
        default: run(TileHeight<12>(), first: first, tiles: tiles)
        }
    }

    @inline(__always)
    private func runHighest(height: Int, first: Int, tiles: Int) {
        // Folded away where tiles have fewer than 16 rows.
        guard maximumHeight == 16 else { return }
        switch height {
        case 13: run(TileHeight<13>(), first: first, tiles: tiles)
        case 14: run(TileHeight<14>(), first: first, tiles: tiles)
        case 15: run(TileHeight<15>(), first: first, tiles: tiles)
        default: run(TileHeight<16>(), first: first, tiles: tiles)
        }
    }
}
