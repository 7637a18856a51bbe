extension PanelProduct {
    /// Copies columns `firstColumn` … of all rows of dY into panels as wide as all others, filled up with zeros.
    @inline(__always)
    func packColumns(
        _ dY: UnsafePointer<Scalar>, rows: Int, firstColumn: Int, into packed: UnsafeMutablePointer<Scalar>
    ) {
        let width = ParameterLayout.panelWidth
        for panel in 0..<(ProductTiling.stripWidth / width) {
            let column = firstColumn + panel * width
            let columns = min(width, outputs - column)
            if columns <= 0 { return }
            var source = dY + column
            var target = packed + panel * width * rows
            for _ in 0..<rows {
                if columns == width {
                    for lane in stride(from: 0, to: width, by: Scalar.laneCount) {
                        Scalar.store(Scalar.load(source + lane), target + lane)
                    }
                } else {
                    for o in 0..<width { target[o] = o < columns ? source[o] : .zero }
                }
                source += outputs
                target += width
            }
        }
    }

    /// Copies rows `firstRow` … of W, transposed, into panels [O, 16] as wide as all others, filled up with zeros.
    @inline(__always)
    func packTransposed(
        _ weight: UnsafePointer<Scalar>, firstRow: Int, into packed: UnsafeMutablePointer<Scalar>
    ) {
        let width = ParameterLayout.panelWidth
        for panel in 0..<(ProductTiling.stripWidth / width) {
            let row = firstRow + panel * width
            let rows = min(width, inputs - row)
            if rows <= 0 { return }
            let target = packed + panel * width * outputs
            for column in stride(from: 0, to: outputs, by: width) {
                let columns = min(width, outputs - column)
                let source = weight + (column * inputs + row * columns)
                if rows == width && columns == width {
                    Scalar.transposePanelBlock(source, into: target + column * width)
                } else {
                    for o in 0..<columns {
                        let line = target + (column + o) * width
                        for i in 0..<width { line[i] = i < rows ? source[i * columns + o] : .zero }
                    }
                }
            }
        }
    }

    /// Copies the widened last panel of dW, [I, 16], into its narrower place.
    @inline(__always)
    func copyLastPanel(_ last: UnsafePointer<Scalar>, into dW: UnsafeMutablePointer<Scalar>) {
        let width = ParameterLayout.panelWidth
        let columns = outputs % width
        for i in 0..<inputs {
            for o in 0..<columns { dW[i * columns + o] = last[i * width + o] }
        }
    }
}
