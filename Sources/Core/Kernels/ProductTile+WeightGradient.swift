import CSystem

extension ProductTile {
    /// Computes XᵀdY for `tiles` tiles of its rows, shard by shard, shards merged along the tree.
    ///
    /// The sums of one shard are stored while the chains of the next begin, one register after the other: a block of stores
    /// between two blocks of multiply-adds would cost a third of a short shard's time.
    /// - Parameters:
    ///   - x: X[0, i] for the first tile's first i; rows of X are `xStride` apart.
    ///   - dY: row 0 of dY's columns; its rows are `step` apart.
    ///   - packing: whether the first tile takes dY's columns from where they lie and leaves them at `dY`: that takes no time beside
    ///     its products.
    ///   - source: where they lie; rows are `sourceStep` apart.
    ///   - stack: as `ProductWorkspace` lays it out.
    ///   - dW: the first tile's first row; rows are `ParameterLayout.panelWidth` apart.
    @inline(__always)
    static func weightGradient(
        _ x: UnsafePointer<Scalar>, xStride: Int, _ dY: Columns, step: Int, packing: Bool, from source: Columns,
        sourceStep: Int, schedule: ShardSchedule, stack: UnsafeMutablePointer<Scalar>, into dW: Targets, tiles: Int
    ) {
        let width = ParameterLayout.panelWidth
        let end = UnsafePointer(schedule.leaves) + schedule.count
        let zeros = stack + ProductWorkspace<Scalar>.negativeZeros &* ProductWorkspace<Scalar>.levelSize
        // Nothing is finished before the first shard: what is in the sums goes where nobody looks. Not `Self.zeros`: of ten rows and
        // more the compiler may call what makes those, and what a call is given the address of is never in registers.
        var sums = UnsafeRawPointer(zeros).loadUnaligned(as: Accumulators.self)
        var targets = inLevel(stack)
        var left = inLevel(zeros)
        var merges = 0
        var x = x
        var out = dW
        var remaining = tiles
        while remaining > 0 {
            // Two tiles together, shard by shard: of eight rows in single precision they share X's cache lines. What the next
            // two need of X is asked for meanwhile: no CPU foresees columns of long rows, and rows a power of two apart
            // drive each other out of the caches.
            let together = Swift.min(ProductWorkspace<Scalar>.tilesPerLevel, remaining)
            var leaf = UnsafePointer(schedule.leaves)
            while leaf < end {
                let isLast = leaf + 1 == end
                var place = stack + leaf.pointee.level &* ProductWorkspace<Scalar>.levelSize
                var tileInput = x + leaf.pointee.firstRow &* xStride
                var tile = 0
                while tile < together {
                    let packs = packing && remaining == tiles && tile == 0
                    var input = tileInput
                    var packed = dY
                    for v in 0..<vectors { packed[unchecked: v] += leaf.pointee.firstRow &* step }
                    var columns = packed
                    if packs {
                        columns = source
                        for v in 0..<vectors { columns[unchecked: v] += leaf.pointee.firstRow &* sourceStep }
                    }

                    // The first row of the shard starts the chains from +0 as the finished sums leave.
                    let row = take(&columns, step: packs ? sourceStep : step)
                    if packs { put(row, at: &packed, step: step) }
                    if merges > 1 { mergeAllButLast(&sums, merges, left) }
                    begin(&sums, input, row, left, targets)
                    var k = leaf.pointee.count &- 1
                    if packs {
                        while k > 0 {
                            for v in 0..<vectors {
                                dtrain_prefetch(columns[unchecked: v] + ProductTiling.rowsAhead &* sourceStep)
                            }
                            dtrain_prefetch(input + (xStride &+ together &* rows))
                            input += xStride
                            let row = take(&columns, step: sourceStep)
                            put(row, at: &packed, step: step)
                            add(input, row, to: &sums)
                            k &-= 1
                        }
                    }
                    // The others two at a time: one branch less.
                    if k & 1 != 0 { advance(&sums, &input, xStride, &columns, step) }
                    k &>>= 1
                    if remaining > together {
                        while k > 0 {
                            dtrain_prefetch(input + (xStride &+ together &* rows))
                            advance(&sums, &input, xStride, &columns, step)
                            dtrain_prefetch(input + (xStride &+ together &* rows))
                            advance(&sums, &input, xStride, &columns, step)
                            k &-= 1
                        }
                    }
                    while k > 0 {
                        advance(&sums, &input, xStride, &columns, step)
                        advance(&sums, &input, xStride, &columns, step)
                        k &-= 1
                    }
                    merges = leaf.pointee.merges
                    left = inLevel(merges == 0 ? zeros : place)
                    if isLast {
                        targets = out
                        for v in 0..<vectors { out[unchecked: v] += rows &* width }
                    } else {
                        targets = inLevel(place)
                    }
                    place += vectors &* rows &* width
                    tileInput += rows
                    tile &+= 1
                }
                leaf += 1
            }
            x += together &* rows
            remaining &-= together
        }
        if merges > 1 { mergeAllButLast(&sums, merges, left) }
        add(&sums, left)
        for r in 0..<rows {
            for v in 0..<vectors {
                Scalar.store(sums[unchecked: r][unchecked: v], targets[unchecked: v] + r &* width)
            }
        }
    }

    /// The tile at `place` in the stack, each vector's rows as far apart as in a panel.
    @inline(__always)
    private static func inLevel(_ place: UnsafeMutablePointer<Scalar>) -> Targets {
        var targets = Targets(repeating: place)
        for v in 0..<vectors { targets[unchecked: v] = place + v &* rows &* ParameterLayout.panelWidth }
        return targets
    }

    /// Adds the finished subtree on the left, or −0, which changes no sum; stores the sums and starts new chains, register
    /// by register.
    @inline(__always)
    private static func begin(
        _ sums: inout Accumulators, _ input: UnsafePointer<Scalar>, _ row: Row, _ left: Targets, _ targets: Targets
    ) {
        // In two halves: the compiler does not unroll a longer loop, and what is not unrolled is not in registers.
        begin(&sums, 0, rows / 2, input, row, left, targets)
        begin(&sums, rows / 2, rows, input, row, left, targets)
    }

    @inline(__always)
    private static func begin(
        _ sums: inout Accumulators, _ first: Int, _ end: Int, _ input: UnsafePointer<Scalar>, _ row: Row,
        _ left: Targets, _ targets: Targets
    ) {
        var r = first
        while r < end {
            let value = Vector(repeating: input[r])
            for v in 0..<vectors {
                let offset = r &* ParameterLayout.panelWidth
                let merged = Scalar.add(
                    Scalar.load(UnsafePointer(left[unchecked: v] + offset)), sums[unchecked: r][unchecked: v])
                Scalar.store(merged, targets[unchecked: v] + offset)
                sums[unchecked: r][unchecked: v] = Scalar.multiplyAdd(value, row[unchecked: v], Vector())
            }
            r &+= 1
        }
    }

    /// Goes on to the next row and adds its products.
    @inline(__always)
    private static func advance(
        _ sums: inout Accumulators, _ input: inout UnsafePointer<Scalar>, _ xStride: Int, _ columns: inout Columns,
        _ step: Int
    ) {
        input += xStride
        add(input, take(&columns, step: step), to: &sums)
    }

    /// Adds the products of one row.
    @inline(__always)
    private static func add(_ input: UnsafePointer<Scalar>, _ row: Row, to sums: inout Accumulators) {
        for r in 0..<rows {
            let value = Vector(repeating: input[r])
            for v in 0..<vectors {
                sums[unchecked: r][unchecked: v] = Scalar.multiplyAdd(
                    value, row[unchecked: v], sums[unchecked: r][unchecked: v])
            }
        }
    }

    /// Writes a row of dY's columns, and goes on to the next.
    @inline(__always)
    private static func put(_ row: Row, at columns: inout Columns, step: Int) {
        for v in 0..<vectors {
            Scalar.store(row[unchecked: v], UnsafeMutablePointer(mutating: columns[unchecked: v]))
            columns[unchecked: v] += step
        }
    }

    /// Adds the nearer finished subtrees, down to the one before `last`.
    @inline(__always)
    private static func mergeAllButLast(_ sums: inout Accumulators, _ merges: Int, _ last: Targets) {
        var remaining = merges &- 1
        while remaining > 0 {
            var left = last
            for v in 0..<vectors { left[unchecked: v] += remaining &* ProductWorkspace<Scalar>.levelSize }
            add(&sums, left)
            remaining &-= 1
        }
    }

    /// left + sums.
    @inline(__always)
    private static func add(_ sums: inout Accumulators, _ left: Targets) {
        for r in 0..<rows {
            for v in 0..<vectors {
                let value = Scalar.load(UnsafePointer(left[unchecked: v] + r &* ParameterLayout.panelWidth))
                sums[unchecked: r][unchecked: v] = Scalar.add(value, sums[unchecked: r][unchecked: v])
            }
        }
    }
}
