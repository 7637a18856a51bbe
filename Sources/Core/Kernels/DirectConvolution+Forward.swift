extension DirectConvolution {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward(
        _ x: UnsafePointer<Scalar>, samples: Int, weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        let memory = expectMemory()
        let window = shape.window
        if let bias { memory.start.base.update(from: bias, count: shape.outputs) }
        let lineLength = window.kernel.width * image.depth
        // Of a long window a few lines at a time, so that their part of the weight stays in the cache.
        let linesAtATime = max(1, ProductTiling.forwardDepth(inputs: shape.inputs) / lineLength)
        for n in 0..<samples {
            let padded = image.pad(x + n * image.count)
            for line in stride(from: 0, to: window.kernel.height, by: linesAtATime) {
                ForwardWork(
                    x: padded + line * image.line, xStride: window.stride.width * image.depth,
                    xDown: window.stride.height * image.line, xLine: image.line,
                    lines: min(linesAtATime, window.kernel.height - line), lineLength: lineLength,
                    weight: PanelMatrix(base: weight, rows: shape.inputs, columns: shape.outputs),
                    firstRow: line * lineLength, start: line == 0 ? UnsafePointer(memory.start.base) : nil,
                    zeros: memory.zeros.base, places: shape.places,
                    y: y + n * shape.places.area * shape.outputs, narrowTile: memory.narrowTile.base
                ).cut(columns: shape.outputs)
            }
        }
    }
}

/// Y of one image.
private struct ForwardWork<Scalar: VectorScalar>: ColumnGroupWork {
    let x: UnsafePointer<Scalar>
    let xStride: Int
    /// From a line of windows to the next.
    let xDown: Int
    let xLine: Int
    let lines: Int
    /// KW·C: the numbers of a line of a window.
    let lineLength: Int
    let weight: PanelMatrix<Scalar>
    let firstRow: Int
    /// What the chains begin at; nil to go on from what Y holds.
    let start: UnsafePointer<Scalar>?
    let zeros: UnsafePointer<Scalar>
    let places: Extent2D
    let y: UnsafeMutablePointer<Scalar>
    let narrowTile: UnsafeMutablePointer<Scalar>

    @inline(__always)
    func run<let vectors: Int, Lanes: TileVector>(
        _ group: VectorCount<vectors>, of: Lanes.Type, column: Int, lanes: Int
    ) where Lanes.Scalar == Scalar {
        let wStride = weight.stride(column: column)
        var columns = weight.group(column: column, group)
        for v in 0..<vectors { columns[unchecked: v] += firstRow &* wStride }
        for i in 0..<places.height {
            ForwardTiles<vectors, Lanes>(
                x: x + i &* xDown, xStride: xStride, xLine: xLine, lines: lines, lineLength: lineLength,
                columns: columns,
                wStride: wStride, zeros: zeros, start: start.map { $0 + column },
                y: y + (i &* places.width &* weight.columns &+ column),
                yStride: weight.columns, lanes: lanes, narrowTile: narrowTile
            ).cut(rows: places.width)
        }
    }
}

/// Tiles of a line of Y.
private struct ForwardTiles<let vectors: Int, Lanes: TileVector>: TileWork {
    let x: UnsafePointer<Lanes.Scalar>
    let xStride: Int
    let xLine: Int
    let lines: Int
    let lineLength: Int
    let columns: InlineArray<vectors, UnsafePointer<Lanes.Scalar>>
    let wStride: Int
    let zeros: UnsafePointer<Lanes.Scalar>
    let start: UnsafePointer<Lanes.Scalar>?
    let y: UnsafeMutablePointer<Lanes.Scalar>
    let yStride: Int
    let lanes: Int
    let narrowTile: UnsafeMutablePointer<Lanes.Scalar>

    @inline(__always)
    var maximumHeight: Int {
        ProductTiling.isWide ? (Lanes.isHalf ? 16 : 8) : (Lanes.isHalf ? 12 : 6)
    }

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        let isNarrow = vectors == 1 && lanes != Lanes.laneCount
        var tile = 0
        while tile < tiles {
            let place = first &+ tile &* height
            let target = y + place &* yStride
            if isNarrow && start == nil { Lanes.copyRows(target, yStride, narrowTile, Lanes.laneCount, height, lanes) }
            let (out, outStride) = isNarrow ? (narrowTile, Lanes.laneCount) : (target, yStride)
            ConvolutionTile<height, vectors, Lanes>.windowsTimesColumns(
                x + place &* xStride, xStride: xStride, xLine: xLine, lines: lines, lineLength: lineLength, columns,
                wStride: wStride,
                zeros: zeros, start: start ?? UnsafePointer(out), startStride: start == nil ? outStride : 0, into: out,
                yStride: outStride)
            if isNarrow { Lanes.copyRows(narrowTile, Lanes.laneCount, target, yStride, height, lanes) }
            tile &+= 1
        }
    }
}
