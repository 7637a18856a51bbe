extension ProductTile {
    /// What became of the sums of the tile before: they are stored while the next chains begin, one register after the
    /// other, because a block of stores between two blocks of multiply-adds costs a third of a short shard's time.
    private struct Pending {
        /// How many finished subtrees are added on the left.
        var merges: Int
        /// The level of the stack that the last of them is in.
        var level: Int
        var targets: Targets
    }

    /// Computes dW[i, :] = XᵀdY for `tiles` tiles of the weight's rows, shard by shard, shards merged along the tree.
    ///
    /// - Parameters:
    ///   - x: X[0, i] for the first tile's first i; rows of X are `xStride` apart.
    ///   - dY: row 0 of dY's packed panels, rows `ParameterLayout.panelWidth` apart.
    ///   - stack: room for one tile a level and one more.
    ///   - dW: the first tile's first row; rows are `ParameterLayout.panelWidth` apart.
    @inline(__always)
    static func weightGradient(
        _ x: UnsafePointer<Scalar>, xStride: Int, _ dY: Columns, schedule: ShardSchedule,
        stack: UnsafeMutablePointer<Scalar>, depth: Int, into dW: Targets, tiles: Int
    ) {
        let width = ParameterLayout.panelWidth
        var sums = zeros
        // Nothing is pending before the first: its zeros go where nobody looks.
        var pending = Pending(merges: 0, level: 0, targets: level(depth, of: stack))
        var tile = 0
        while tile < tiles {
            var l = 0
            while l < schedule.count {
                let leaf = schedule.leaves[l]
                var input = x + (leaf.first &* xStride &+ tile &* rows)
                var columns = dY
                for v in 0..<vectors { columns[unchecked: v] += leaf.first &* width }

                // The first row of the shard starts the chains from +0 as the finished sums leave.
                let row = take(&columns, step: width)
                if pending.merges == 0 {
                    begin(&sums, input, row, pending.targets)
                } else {
                    begin(&sums, input, row, pending, stack)
                }
                var k = 1
                while k < leaf.count {
                    input += xStride
                    let row = take(&columns, step: width)
                    for r in 0..<rows {
                        let value = Vector(repeating: input[r])
                        for v in 0..<vectors {
                            sums[unchecked: r][unchecked: v] = Scalar.multiplyAdd(
                                value, row[unchecked: v], sums[unchecked: r][unchecked: v])
                        }
                    }
                    k &+= 1
                }
                l &+= 1
                pending.merges = leaf.merges
                pending.level = leaf.level
                if l == schedule.count {
                    for v in 0..<vectors {
                        pending.targets[unchecked: v] = dW[unchecked: v] + tile &* rows &* width
                    }
                } else {
                    pending.targets = level(leaf.level, of: stack)
                }
            }
            tile &+= 1
        }
        finish(sums, pending, stack)
    }

    /// The tile of one level of the stack, each vector's rows `ParameterLayout.panelWidth` apart as in a panel.
    @inline(__always)
    private static func level(_ level: Int, of stack: UnsafeMutablePointer<Scalar>) -> Targets {
        var targets = Targets(repeating: stack)
        for v in 0..<vectors {
            targets[unchecked: v] = stack + (level &* vectors &+ v) &* rows &* ParameterLayout.panelWidth
        }
        return targets
    }

    /// Stores the finished sums and starts new chains, register by register.
    @inline(__always)
    private static func begin(
        _ sums: inout Accumulators, _ input: UnsafePointer<Scalar>, _ row: InlineArray<vectors, Vector>,
        _ targets: Targets
    ) {
        for r in 0..<rows {
            let value = Vector(repeating: input[r])
            for v in 0..<vectors {
                Scalar.store(
                    sums[unchecked: r][unchecked: v], targets[unchecked: v] + r &* ParameterLayout.panelWidth)
                sums[unchecked: r][unchecked: v] = Scalar.multiplyAdd(value, row[unchecked: v], Vector())
            }
        }
    }

    /// Adds the finished subtrees on the left, stores the sums and starts new chains, register by register.
    @inline(__always)
    private static func begin(
        _ sums: inout Accumulators, _ input: UnsafePointer<Scalar>, _ row: InlineArray<vectors, Vector>,
        _ pending: Pending, _ stack: UnsafeMutablePointer<Scalar>
    ) {
        mergeAllButLast(&sums, pending, stack)
        let left = level(pending.level, of: stack)
        for r in 0..<rows {
            let value = Vector(repeating: input[r])
            for v in 0..<vectors {
                let offset = r &* ParameterLayout.panelWidth
                let merged = Scalar.add(
                    Scalar.load(UnsafePointer(left[unchecked: v] + offset)), sums[unchecked: r][unchecked: v])
                Scalar.store(merged, pending.targets[unchecked: v] + offset)
                sums[unchecked: r][unchecked: v] = Scalar.multiplyAdd(value, row[unchecked: v], Vector())
            }
        }
    }

    /// Stores the sums of the last tile.
    @inline(__always)
    private static func finish(_ finished: Accumulators, _ pending: Pending, _ stack: UnsafeMutablePointer<Scalar>) {
        var sums = finished
        mergeAllButLast(&sums, pending, stack)
        if pending.merges > 0 { add(&sums, level(pending.level, of: stack)) }
        for r in 0..<rows {
            for v in 0..<vectors {
                Scalar.store(
                    sums[unchecked: r][unchecked: v],
                    pending.targets[unchecked: v] + r &* ParameterLayout.panelWidth)
            }
        }
    }

    @inline(__always)
    private static func mergeAllButLast(
        _ sums: inout Accumulators, _ pending: Pending, _ stack: UnsafeMutablePointer<Scalar>
    ) {
        var merges = pending.merges
        while merges > 1 {
            merges &-= 1
            add(&sums, level(pending.level &+ merges, of: stack))
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
