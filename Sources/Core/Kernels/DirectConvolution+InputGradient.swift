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
                convolution: self, memory: memory,
                slopes: ImageLines(
                    base: slopes.pad(dY + n * slopes.count), place: slopes.depthWithZeros, line: slopes.line),
                dX: dX + n * image.count
            ).cut(columns: image.depth)
        }
    }
}

/// dX of one image.
///
/// With a stride a pixel is only in the windows that begin a multiple of it away: pixels as many apart as the stride have theirs in
/// the same places of the kernel and go together.
private struct PixelWork<Scalar: VectorScalar>: ColumnGroupWork {
    let convolution: DirectConvolution<Scalar>
    let memory: DirectConvolution<Scalar>.Memory
    let slopes: ImageLines<Scalar>
    let dX: UnsafeMutablePointer<Scalar>

    @inline(__always)
    func run<let vectors: Int, Lanes: TileVector>(
        _ group: VectorCount<vectors>, of: Lanes.Type, column: Int, lanes: Int
    ) where Lanes.Scalar == Scalar {
        let (shape, depth, extent) = (convolution.shape, convolution.image.depth, convolution.image.extent)
        let (kernel, stride, padding) = (shape.window.kernel, shape.window.stride, shape.window.padding)
        let transposed = PanelMatrix(
            base: UnsafePointer(memory.transposed.base), rows: shape.outputs,
            columns: ProductTiling.packedCount(depth))
        let columns = ColumnGroup(row: transposed.group(column: column, group), stride: ParameterLayout.panelWidth)
        for h in 0..<extent.height {
            let down = (h &+ padding.height) / stride.height
            let p = (h &+ padding.height) % stride.height
            // The pixel is in the lines of windows down − u, in row p + u·stride of theirs.
            let first = min(down, kernel.height &- 1 &- p < 0 ? -1 : (kernel.height &- 1 &- p) / stride.height)
            let last = max(0, down &- (shape.places.height &- 1))
            let lines = max(0, first &- last &+ 1)
            for q in 0..<min(stride.width, extent.width &+ padding.width) {
                let across = padding.width &- q <= 0 ? 0 : (padding.width &- q &+ stride.width &- 1) / stride.width
                let end = extent.width &+ padding.width &- q
                let pixels = end <= 0 ? 0 : (end &+ stride.width &- 1) / stride.width &- across
                guard pixels > 0 else { continue }
                let windows = q < kernel.width ? (kernel.width &- 1 &- q) / stride.width &+ 1 : 0
                let hasWindows = lines > 0 && windows > 0
                let row = p &+ first &* stride.height
                let element = row &* kernel.width &+ q &+ (windows &- 1) &* stride.width
                let place =
                    (down &- first) &* slopes.line
                    &+ (convolution.slopes.pixelsBefore &+ across &- (windows &- 1)) &* slopes.place
                let pixel = h &* extent.width &+ across &* stride.width &+ q &- padding.width
                let rows = TileRows(base: dX + (pixel &* depth &+ column), stride: stride.width &* depth)
                PixelTiles<vectors, Lanes>(
                    slopes: slopes.advanced(elements: hasWindows ? place : 0), depth: shape.outputs, lines: lines,
                    windows: windows,
                    weight: columns.advanced(elements: hasWindows ? element &* memory.partOfWeight : 0),
                    nextWindow: -stride.width &* memory.partOfWeight,
                    nextLine: -stride.height &* kernel.width &* memory.partOfWeight,
                    target: TileTarget(rows, vectors: vectors, lanes: lanes, narrowTile: memory.narrowTile.base)
                ).cut(rows: pixels)
            }
        }
    }
}

/// Tiles of pixels of a line that are in the same places of their windows.
private struct PixelTiles<let vectors: Int, Lanes: TileVector>: TileWork {
    let slopes: ImageLines<Lanes.Scalar>
    let depth: Int
    let lines: Int
    let windows: Int
    let weight: ColumnGroup<vectors, Lanes.Scalar>
    let nextWindow: Int
    let nextLine: Int
    let target: TileTarget<Lanes>

    @inline(__always)
    var maximumHeight: Int { ProductTiling.pixels(vectors: vectors, isHalf: Lanes.isHalf) }

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        var tile = 0
        while tile < tiles {
            let pixel = first &+ tile &* height
            let rows = target.begin(pixel, height: height, reads: false)
            ConvolutionTile<height, vectors, Lanes>.slopesTimesColumns(
                slopes.advanced(elements: pixel &* slopes.place), depth: depth, lines: lines, windows: windows, weight,
                nextWindow: nextWindow, nextLine: nextLine, into: rows)
            target.finish(pixel, height: height)
            tile &+= 1
        }
    }
}
