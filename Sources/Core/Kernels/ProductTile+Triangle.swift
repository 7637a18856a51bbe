extension ProductTile {
    /// Computes Y[r, :] = Σ x[r, k]·w[k, :] over k < `common` + r: rows of a lower triangle.
    ///
    /// - Parameters:
    ///   - x: the first row; rows are `xStride` apart, k contiguous.
    ///   - common: the elements that the first row has.
    ///   - y: the first row of the result; rows are `yStride` apart.
    ///   - lanes: of each vector, those that are stored.
    @inline(__always)
    static func lowerRowsTimesColumns(
        _ x: UnsafePointer<Scalar>, xStride: Int, _ w: Columns, wStride: Int, common: Int,
        into y: UnsafeMutablePointer<Scalar>, yStride: Int, lanes: Int
    ) {
        var sums = zeros
        var inputs = InlineArray<rows, UnsafePointer<Scalar>>(repeating: x)
        for r in 0..<rows { inputs[unchecked: r] = x + r &* xStride }
        var columns = w
        var k = 0
        while k < common {
            let row = take(&columns, step: wStride)
            for r in 0..<rows { add(inputs[unchecked: r][k], row, to: &sums[unchecked: r]) }
            k &+= 1
        }
        var shortest = 1
        while shortest < rows {
            let row = take(&columns, step: wStride)
            for r in 0..<rows where r >= shortest { add(inputs[unchecked: r][k], row, to: &sums[unchecked: r]) }
            k &+= 1
            shortest &+= 1
        }
        store(sums, y, yStride, lanes)
    }

    /// Computes Y[r, :] = Σ x[k, r]·w[k, :] over all k < `count`, or over those from r on: columns of a lower triangle.
    ///
    /// - Parameters:
    ///   - x: X's first row; rows are `xStride` apart, r contiguous.
    ///   - y: the first row of the result; rows are `yStride` apart.
    ///   - lanes: of each vector, those that are stored.
    @inline(__always)
    static func columnsTimesColumns(
        _ x: UnsafePointer<Scalar>, xStride: Int, _ w: Columns, wStride: Int, count: Int, isLower: Bool,
        into y: UnsafeMutablePointer<Scalar>, yStride: Int, lanes: Int
    ) {
        var sums = zeros
        var input = x
        var columns = w
        var k = 0
        if isLower {
            while k &+ 1 < rows {
                let row = take(&columns, step: wStride)
                for r in 0..<rows where r <= k { add(input[r], row, to: &sums[unchecked: r]) }
                input += xStride
                k &+= 1
            }
        }
        while k < count {
            let row = take(&columns, step: wStride)
            for r in 0..<rows { add(input[r], row, to: &sums[unchecked: r]) }
            input += xStride
            k &+= 1
        }
        store(sums, y, yStride, lanes)
    }

    @inline(__always)
    private static func add(_ x: Scalar, _ row: Row, to sums: inout Row) {
        let value = Vector(repeating: x)
        for v in 0..<vectors {
            sums[unchecked: v] = Scalar.multiplyAdd(value, row[unchecked: v], sums[unchecked: v])
        }
    }
}
