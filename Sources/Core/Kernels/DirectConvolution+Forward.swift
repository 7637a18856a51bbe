extension DirectConvolution {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func forward(
        _ x: UnsafePointer<Scalar>, samples: Int, weight: UnsafePointer<Scalar>, bias: UnsafePointer<Scalar>?,
        into y: UnsafeMutablePointer<Scalar>
    ) {
        let memory = expectMemory()
        if let bias { memory.start.base.update(from: bias, count: shape.outputs) }
        // Of a long window a few lines at a time, so that their part of the weight stays in the cache.
        let linesAtATime = max(1, ProductTiling.forwardDepth(inputs: shape.inputs) / windowLine)
        for n in 0..<samples {
            let windows = windows(of: x + n * image.count)
            for line in stride(from: 0, to: shape.window.kernel.height, by: linesAtATime) {
                ForwardWork(
                    convolution: self, memory: memory, windows: windows,
                    lines: line..<min(line + linesAtATime, shape.window.kernel.height),
                    weight: PanelMatrix(base: weight, rows: shape.inputs, columns: shape.outputs),
                    y: y + n * shape.outputCount
                ).cut(columns: shape.outputs)
            }
        }
    }
}

/// Y of one image, of some lines of its windows: the first lines' chains begin at the bias, the others go on from Y.
private struct ForwardWork<Scalar: VectorScalar>: ColumnGroupWork {
    let convolution: DirectConvolution<Scalar>
    let memory: DirectConvolution<Scalar>.Memory
    let windows: ImageLines<Scalar>
    let lines: Range<Int>
    let weight: PanelMatrix<Scalar>
    let y: UnsafeMutablePointer<Scalar>

    @inline(__always)
    func run<let vectors: Int, Lanes: TileVector>(
        _ group: VectorCount<vectors>, of: Lanes.Type, column: Int, lanes: Int
    ) where Lanes.Scalar == Scalar {
        let (places, outputs, lineLength) = (convolution.shape.places, weight.columns, convolution.windowLine)
        let stride = weight.stride(column: column)
        let columns = ColumnGroup(row: weight.group(column: column, group), stride: stride)
        let start = lines.lowerBound == 0 ? TileRows(base: memory.start.base + column, stride: 0) : nil
        for i in 0..<places.height {
            let line = lines.lowerBound &* windows.line &+ i &* convolution.lineOfPlaces
            let rows = TileRows(base: y + (i &* places.width &* outputs &+ column), stride: outputs)
            ForwardTiles<vectors, Lanes>(
                windows: windows.advanced(elements: line), lines: lines.count, lineLength: lineLength,
                weight: columns.advanced(elements: lines.lowerBound &* lineLength &* stride), start: start,
                zeros: memory.zeros.base,
                target: TileTarget(rows, vectors: vectors, lanes: lanes, narrowTile: memory.narrowTile.base)
            ).cut(rows: places.width)
        }
    }
}

/// Tiles of a line of Y.
private struct ForwardTiles<let vectors: Int, Lanes: TileVector>: TileWork {
    let windows: ImageLines<Lanes.Scalar>
    let lines: Int
    let lineLength: Int
    let weight: ColumnGroup<vectors, Lanes.Scalar>
    /// What the chains begin at; nil to go on from what Y holds.
    let start: TileRows<Lanes.Scalar>?
    let zeros: UnsafePointer<Lanes.Scalar>
    let target: TileTarget<Lanes>

    @inline(__always)
    var maximumHeight: Int { ProductTiling.placesOfWindows(isHalf: Lanes.isHalf) }

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        var tile = 0
        while tile < tiles {
            let place = first &+ tile &* height
            let rows = target.begin(place, height: height, reads: start == nil)
            ConvolutionTile<height, vectors, Lanes>.windowsTimesColumns(
                windows.advanced(elements: place &* windows.place), lines: lines, lineLength: lineLength, weight,
                zeros: zeros, start: start ?? rows, into: rows)
            target.finish(place, height: height)
            tile &+= 1
        }
    }
}
