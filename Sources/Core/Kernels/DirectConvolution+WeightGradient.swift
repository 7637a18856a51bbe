extension DirectConvolution {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, into dW: UnsafeMutablePointer<Scalar>, adds: Bool
    ) {
        WindowGradientWork(
            convolution: self, memory: expectMemory(), windows: windows(of: x), slopes: slopesOfPlaces(dY),
            dW: PanelMatrix(base: UnsafePointer(dW), rows: shape.inputs, columns: shape.outputs), adds: adds
        ).cut(columns: shape.outputs)
    }

    /// dY of an image, as vectors read it: where they would read beside its last outputs, between zeros; valid until the next call.
    @inline(__always)
    private func slopesOfPlaces(_ dY: UnsafePointer<Scalar>) -> ImageLines<Scalar> {
        guard slopes.depth != slopes.depthWithZeros else {
            return ImageLines(base: dY, place: slopes.depth, line: slopes.extent.width * slopes.depth)
        }
        return ImageLines(
            base: slopes.pad(dY) + slopes.pixelsBefore * slopes.depthWithZeros, place: slopes.depthWithZeros,
            line: slopes.line)
    }

    /// How many lines of places dW's tiles pass over again and again: as many as stay in a second-level cache with the slopes of
    /// a group of outputs, two vectors at most, and the sums.
    fileprivate var linesOfBlock: Int {
        let slopesOfLine = shape.places.width * min(slopes.depthWithZeros, 2 * Scalar.laneCount)
        return max(1, (256 << 10) / ((lineOfPlaces + slopesOfLine) * MemoryLayout<Scalar>.stride))
    }
}

/// dW of one image.
private struct WindowGradientWork<Scalar: VectorScalar>: ColumnGroupWork {
    let convolution: DirectConvolution<Scalar>
    let memory: DirectConvolution<Scalar>.Memory
    let windows: ImageLines<Scalar>
    let slopes: ImageLines<Scalar>
    let dW: PanelMatrix<Scalar>
    let adds: Bool

    @inline(__always)
    func run<let vectors: Int, Lanes: TileVector>(
        _ group: VectorCount<vectors>, of: Lanes.Type, column: Int, lanes: Int
    ) where Lanes.Scalar == Scalar {
        let (shape, lineLength) = (convolution.shape, convolution.windowLine)
        let sums = TileRows(base: memory.sums.base, stride: vectors &* Lanes.laneCount)
        var columns = ColumnGroup<vectors, Scalar>(
            row: InlineArray(repeating: slopes.base + column), stride: slopes.place)
        for v in 0..<vectors { columns.row[unchecked: v] += v &* Lanes.laneCount }
        let linesAtATime = convolution.linesOfBlock
        for line in stride(from: 0, to: shape.places.height, by: linesAtATime) {
            for p in 0..<shape.window.kernel.height {
                let offset = line &* convolution.lineOfPlaces &+ p &* windows.line
                WindowGradientTiles<vectors, Lanes>(
                    windows: ImageLines(
                        base: windows.base + offset, place: windows.place, line: convolution.lineOfPlaces),
                    slopes: columns.advanced(elements: line &* slopes.line), slopesLine: slopes.line,
                    lines: min(linesAtATime, shape.places.height &- line), places: shape.places.width,
                    start: line == 0 ? TileRows(base: memory.zeros.base, stride: 0) : nil, zeros: memory.zeros.base,
                    sums: sums.advanced(rows: p &* lineLength)
                ).cut(rows: lineLength)
            }
        }
        store(sums, group, of: Lanes.self, column: column, lanes: lanes)
    }

    /// Assigns a group's sums to dW, or adds them.
    @inline(__always)
    private func store<let vectors: Int, Lanes: TileVector>(
        _ sums: TileRows<Scalar>, _ group: VectorCount<vectors>, of: Lanes.Type, column: Int, lanes: Int
    ) where Lanes.Scalar == Scalar {
        let (target, stride) = (dW.group(column: column, group), dW.stride(column: column))
        func forEachVector(_ body: (_ sum: Lanes.Vector, _ out: UnsafeMutablePointer<Scalar>) -> Void) {
            for v in 0..<vectors {
                let from = sums.base + v &* Lanes.laneCount
                let to = UnsafeMutablePointer(mutating: target[unchecked: v])
                for row in 0..<dW.rows { body(Lanes.load(from + row &* sums.stride), to + row &* stride) }
            }
        }
        switch (adds, vectors == 1 && lanes < Lanes.laneCount) {
        case (false, false): forEachVector { Lanes.store($0, $1) }
        case (true, false): forEachVector { Lanes.store(Lanes.add(Lanes.load($1), $0), $1) }
        case (false, true): forEachVector { Lanes.store($0, $1, count: lanes) }
        case (true, true): forEachVector { Lanes.store(Lanes.add(Lanes.load($1, count: lanes), $0), $1, count: lanes) }
        }
    }
}

/// Tiles of the rows of dW that belong to one line of the kernel.
private struct WindowGradientTiles<let vectors: Int, Lanes: TileVector>: TileWork {
    let windows: ImageLines<Lanes.Scalar>
    let slopes: ColumnGroup<vectors, Lanes.Scalar>
    let slopesLine: Int
    let lines: Int
    let places: Int
    /// What the chains begin at; nil to go on from the sums.
    let start: TileRows<Lanes.Scalar>?
    let zeros: UnsafePointer<Lanes.Scalar>
    let sums: TileRows<Lanes.Scalar>

    @inline(__always)
    var maximumHeight: Int { ProductTiling.elementsOfWindow(isHalf: Lanes.isHalf) }

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        var tile = 0
        while tile < tiles {
            let element = first &+ tile &* height
            let rows = sums.advanced(rows: element)
            ConvolutionTile<height, vectors, Lanes>.windowsTimesSlopes(
                windows.advanced(elements: element), slopes, slopesLine: slopesLine, lines: lines, places: places,
                zeros: zeros, start: start ?? rows, into: rows)
            tile &+= 1
        }
    }
}
