extension DirectConvolution {
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    func weightGradient(
        _ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, into dW: UnsafeMutablePointer<Scalar>, adds: Bool
    ) {
        let memory = expectMemory()
        let (window, places) = (shape.window, shape.places)
        let padded = image.pad(x)
        let paddedSlopes = slopes.pad(dY) + slopes.pixelsBefore * slopes.depthWithZeros
        let lineBytes = (window.stride.height * image.line + slopes.line) * MemoryLayout<Scalar>.stride
        let linesAtATime = max(1, Self.blockBytes / lineBytes)
        for line in stride(from: 0, to: places.height, by: linesAtATime) {
            let lines = min(linesAtATime, places.height - line)
            let isLast = line + lines == places.height
            WindowGradientWork(
                x: padded + line * window.stride.height * image.line, xStride: window.stride.width * image.depth,
                xDown: window.stride.height * image.line, xLine: image.line, kernelLines: window.kernel.height,
                lineLength: window.kernel.width * image.depth,
                slopes: paddedSlopes + line * slopes.line, slopesStride: slopes.depthWithZeros,
                slopesLine: slopes.line, lines: lines, places: places.width,
                goesOn: line > 0, sums: memory.sums.base, zeros: memory.zeros.base, dW: isLast ? dW : nil, adds: adds,
                inputs: shape.inputs,
                outputs: shape.outputs, narrowTile: memory.narrowTile.base
            ).cut(columns: shape.outputs)
        }
    }

    /// The bytes of the image and the slopes that dW's tiles pass over again and again: beside the sums in a second-level cache.
    private static var blockBytes: Int { 256 << 10 }
}

/// dW of some lines of places.
private struct WindowGradientWork<Scalar: VectorScalar>: ColumnGroupWork {
    let x: UnsafePointer<Scalar>
    let xStride: Int
    let xDown: Int
    let xLine: Int
    let kernelLines: Int
    /// KW·C: the numbers of a line of a window.
    let lineLength: Int
    let slopes: UnsafePointer<Scalar>
    let slopesStride: Int
    let slopesLine: Int
    let lines: Int
    let places: Int
    /// Whether the chains go on from `sums`.
    let goesOn: Bool
    let sums: UnsafeMutablePointer<Scalar>
    let zeros: UnsafePointer<Scalar>
    /// Where the chains end; nil to leave them in `sums`.
    let dW: UnsafeMutablePointer<Scalar>?
    let adds: Bool
    let inputs: Int
    let outputs: Int
    let narrowTile: UnsafeMutablePointer<Scalar>

    @inline(__always)
    func run<let vectors: Int, Lanes: TileVector>(
        _ group: VectorCount<vectors>, of: Lanes.Type, column: Int, lanes: Int
    ) where Lanes.Scalar == Scalar {
        var slopesOfGroup = InlineArray<vectors, UnsafePointer<Scalar>>(repeating: slopes + column)
        for v in 0..<vectors { slopesOfGroup[unchecked: v] += v &* Lanes.laneCount }
        let held = PanelMatrix(
            base: UnsafePointer(sums), rows: inputs, columns: ProductTiling.packedCount(outputs))
        let target = dW.map { PanelMatrix(base: UnsafePointer($0), rows: inputs, columns: outputs) } ?? held
        let isNarrow = dW != nil && vectors == 1 && lanes != Lanes.laneCount
        for p in 0..<kernelLines {
            WindowGradientTiles<vectors, Lanes>(
                x: x + p &* xLine, xStride: xStride, xDown: xDown, slopes: slopesOfGroup, slopesStride: slopesStride,
                slopesLine: slopesLine, lines: lines, places: places, goesOn: goesOn,
                held: held.group(column: column, group), zeros: zeros, dW: target.group(column: column, group),
                width: target.stride(column: column), firstRow: p &* lineLength, adds: adds && dW != nil,
                narrowLanes: isNarrow ? lanes : nil, narrowTile: narrowTile
            ).cut(rows: lineLength)
        }
    }
}

/// Tiles of the rows of dW that belong to one line of the kernel.
private struct WindowGradientTiles<let vectors: Int, Lanes: TileVector>: TileWork {
    typealias Columns = InlineArray<vectors, UnsafePointer<Lanes.Scalar>>
    let x: UnsafePointer<Lanes.Scalar>
    let xStride: Int
    let xDown: Int
    let slopes: Columns
    let slopesStride: Int
    let slopesLine: Int
    let lines: Int
    let places: Int
    let goesOn: Bool
    let held: Columns
    let zeros: UnsafePointer<Lanes.Scalar>
    let dW: Columns
    let width: Int
    let firstRow: Int
    let adds: Bool
    /// The lanes that are stored, where they are not all.
    let narrowLanes: Int?
    let narrowTile: UnsafeMutablePointer<Lanes.Scalar>

    @inline(__always)
    var maximumHeight: Int {
        ProductTiling.isWide || Lanes.isHalf ? 8 : 6
    }

    @inline(never)
    func run<let height: Int>(_: TileHeight<height>, first: Int, tiles: Int) {
        var tile = 0
        while tile < tiles {
            let element = first &+ tile &* height
            let row = firstRow &+ element
            var start = Columns(repeating: zeros)
            var out = dW
            for v in 0..<vectors {
                if goesOn { start[unchecked: v] = held[unchecked: v] + row &* ParameterLayout.panelWidth }
                out[unchecked: v] = narrowLanes == nil ? dW[unchecked: v] + row &* width : UnsafePointer(narrowTile)
            }
            ConvolutionTile<height, vectors, Lanes>.windowsTimesSlopes(
                x + element, xStride: xStride, xLine: xDown, slopes, yStride: slopesStride, yLine: slopesLine,
                lines: lines, places: places, zeros: zeros, start: start,
                startWidth: goesOn ? ParameterLayout.panelWidth : 0,
                into: out, adds: adds && narrowLanes == nil, width: narrowLanes == nil ? width : Lanes.laneCount)
            if let narrowLanes {
                let target = UnsafeMutablePointer(mutating: dW[unchecked: 0]) + row &* width
                if adds {
                    Lanes.addRows(narrowTile, Lanes.laneCount, target, width, height, narrowLanes)
                } else {
                    Lanes.copyRows(narrowTile, Lanes.laneCount, target, width, height, narrowLanes)
                }
            }
            tile &+= 1
        }
    }
}
