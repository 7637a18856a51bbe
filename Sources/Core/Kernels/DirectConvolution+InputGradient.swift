extension DirectConvolution {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func inputGradient(
        _ dY: UnsafePointer<Scalar>, samples: Int, weight: UnsafePointer<Scalar>,
        into dX: UnsafeMutablePointer<Scalar>
    ) {
        let memory = expectMemory()
        let weight = PanelMatrix(base: weight, rows: shape.inputs, columns: shape.outputs)
        for element in 0..<shape.window.kernel.area {
            let rows = (element * image.depth)..<((element + 1) * image.depth)
            weight.packTransposed(
                rows: rows, columns: 0..<shape.outputs, into: memory.transposed.base + element * memory.partOfWeight)
        }
        for n in 0..<samples {
            PixelWork(
                window: shape.window, places: shape.places, outputs: shape.outputs,
                slopes: slopes.pad(dY + n * shape.places.area * shape.outputs), slopesStride: slopes.depthWithZeros,
                slopesLine: slopes.line, pixelsBefore: slopes.pixelsBefore,
                weight: UnsafePointer(memory.transposed.base), partOfWeight: memory.partOfWeight,
                extent: image.extent, depth: image.depth, dX: dX + n * image.count, narrowTile: memory.narrowTile.base
            ).cut(columns: image.depth)
        }
    }
}

/// dX of one image.
///
/// With a stride a pixel is only in the windows that begin a multiple of it away: pixels as many apart as the stride have theirs in
/// the same places of the kernel and go together.
private struct PixelWork<Scalar: VectorScalar>: ColumnGroupWork {
    let window: Window2D
    let places: Extent2D
    let outputs: Int
    let slopes: UnsafePointer<Scalar>
    let slopesStride: Int
    let slopesLine: Int
    /// The zeros on the left of a line of slopes.
    let pixelsBefore: Int
    let weight: UnsafePointer<Scalar>
    let partOfWeight: Int
    /// H and W.
    let extent: Extent2D
    let depth: Int
    let dX: UnsafeMutablePointer<Scalar>
    let narrowTile: UnsafeMutablePointer<Scalar>

    @inline(__always)
    func run<let vectors: Int, Lanes: TileVector>(
        _ group: VectorCount<vectors>, of: Lanes.Type, column: Int, lanes: Int
    ) where Lanes.Scalar == Scalar {
        let (kernel, stride, padding) = (window.kernel, window.stride, window.padding)
        let columns = PanelMatrix(base: weight, rows: outputs, columns: ProductTiling.packedCount(depth))
            .group(column: column, group)
        for h in 0..<extent.height {
            let down = (h &+ padding.height) / stride.height
            let p = (h &+ padding.height) % stride.height
            // The pixel is in the lines of windows down − u, in row p + u·stride of theirs.
            let first = min(down, kernel.height &- 1 &- p < 0 ? -1 : (kernel.height &- 1 &- p) / stride.height)
            let last = max(0, down &- (places.height &- 1))
            let lines = max(0, first &- last &+ 1)
            for q in 0..<min(stride.width, extent.width &+ padding.width) {
                let across = padding.width &- q <= 0 ? 0 : (padding.width &- q &+ stride.width &- 1) / stride.width
                let end = extent.width &+ padding.width &- q
                let pixels = end <= 0 ? 0 : (end &+ stride.width &- 1) / stride.width &- across
                guard pixels > 0 else { continue }
                let windows = q < kernel.width ? (kernel.width &- 1 &- q) / stride.width &+ 1 : 0
                var part = columns
                if lines > 0 && windows > 0 {
                    let row = p &+ first &* stride.height
                    let element = row &* kernel.width &+ q &+ (windows &- 1) &* stride.width
                    for v in 0..<vectors { part[unchecked: v] += element &* partOfWeight }
                }
                let place = (down &- first) &* slopesLine &+ (pixelsBefore &+ across &- (windows &- 1)) &* slopesStride
                let pixel = h &* extent.width &+ across &* stride.width &+ q &- padding.width
                PixelTiles<vectors, Lanes>(
                    slopes: lines > 0 && windows > 0 ? slopes + place : slopes, slopesStride: slopesStride,
                    slopesLine: slopesLine, outputs: outputs, lines: lines, windows: windows, columns: part,
                    nextWindow: -stride.width &* partOfWeight, nextLine: -stride.height &* kernel.width &* partOfWeight,
                    dX: dX + (pixel &* depth &+ column), dXStride: stride.width &* depth, lanes: lanes,
                    narrowTile: narrowTile
                ).cut(rows: pixels)
            }
        }
    }
}

/// Tiles of pixels of a line that are in the same places of their windows.
private struct PixelTiles<let vectors: Int, Lanes: TileVector>: TileWork {
    let slopes: UnsafePointer<Lanes.Scalar>
    let slopesStride: Int
    let slopesLine: Int
    let outputs: Int
    let lines: Int
    let windows: Int
    let columns: InlineArray<vectors, UnsafePointer<Lanes.Scalar>>
    let nextWindow: Int
    let nextLine: Int
    let dX: UnsafeMutablePointer<Lanes.Scalar>
    let dXStride: Int
    let lanes: Int
    let narrowTile: UnsafeMutablePointer<Lanes.Scalar>

    /// Two accumulators an element: of the window's chain and of the sum.
    @inline(__always)
    var maximumHeight: Int {
        guard ProductTiling.isWide else { return Lanes.isHalf ? 6 : 3 }
        return vectors == 1 ? 8 : 6
    }

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        let isNarrow = vectors == 1 && lanes != Lanes.laneCount
        var tile = 0
        while tile < tiles {
            let pixel = first &+ tile &* height
            let target = dX + pixel &* dXStride
            let (out, outStride) = isNarrow ? (narrowTile, Lanes.laneCount) : (target, dXStride)
            ConvolutionTile<height, vectors, Lanes>.slopesTimesColumns(
                slopes + pixel &* slopesStride, yStride: slopesStride, yLine: slopesLine, depth: outputs, lines: lines,
                windows: windows, columns, wStride: ParameterLayout.panelWidth, wWindow: nextWindow, wLine: nextLine,
                into: out, dXStride: outStride)
            if isNarrow { Lanes.copyRows(narrowTile, Lanes.laneCount, target, dXStride, height, lanes) }
            tile &+= 1
        }
    }
}
