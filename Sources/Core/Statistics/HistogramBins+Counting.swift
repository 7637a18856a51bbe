extension HistogramBins {
    /// Counts `count` numbers into `storage`: the bins, then NaN, +∞, −∞, exact zeros.
    ///
    /// Bins + NaN + infinities grow by `count`, always. Integer counts: the result depends on neither order nor cutting.
    ///
    /// - Parameter storage: `storageCount` counts, added to.
    /// - Complexity: no allocation; about one cycle a number.
    public func add(_ values: UnsafePointer<Float>, count: Int, into storage: UnsafeMutablePointer<UInt64>) {
        var done = 0
        while done < count {
            // A table of 32-bit counts can't overflow within a stretch.
            let stretch = min(count - done, 1 << 30)
            if stretch < 2 * keyCount {
                addOneByOne(values + done, stretch, storage)
            } else {
                addByKey(values + done, stretch, storage)
            }
            done += stretch
        }
    }

    private func addOneByOne(_ values: UnsafePointer<Float>, _ count: Int, _ storage: UnsafeMutablePointer<UInt64>) {
        let special = storage + self.count
        for i in 0..<count {
            let value = values[i]
            if value.isFinite {
                storage[index(of: value)] += 1
                if value == 0 { special[3] += 1 }
            } else {
                special[value.isNaN ? 0 : value > 0 ? 1 : 2] += 1
            }
        }
    }

    /// Counts by the first bits alone, then sorts keys into bins; only what a key can't tell is looked at once more.
    private func addByKey(_ values: UnsafePointer<Float>, _ count: Int, _ storage: UnsafeMutablePointer<UInt64>) {
        // Neighbours mostly share their octave; with tables taken in turn, a count need not wait for the last one.
        var tables = InlineArray<2048, UInt32>(repeating: 0)
        let tableCount = 2048 / keyCount
        let finiteKeys = 255 * subdivisions
        withUnsafeMutablePointer(to: &tables) { pointer in
            let table = UnsafeMutableRawPointer(pointer).assumingMemoryBound(to: UInt32.self)
            let shift = keyShift
            let bits = UnsafeRawPointer(values).assumingMemoryBound(to: UInt32.self)
            let second = table + keyCount * (1 % tableCount)
            let third = table + keyCount * (2 % tableCount)
            let fourth = table + keyCount * (3 % tableCount)
            var i = 0
            while i + 4 <= count {
                table[Int(bits[i] >> shift)] &+= 1
                second[Int(bits[i + 1] >> shift)] &+= 1
                third[Int(bits[i + 2] >> shift)] &+= 1
                fourth[Int(bits[i + 3] >> shift)] &+= 1
                i += 4
            }
            while i < count {
                table[Int(bits[i] >> shift)] &+= 1
                i += 1
            }
            var zeroKeys = 0
            var notFinite = 0
            for key in 0..<keyCount {
                var total = 0
                for other in 0..<tableCount { total += Int(table[key + other * keyCount]) }
                let magnitude = key % (256 * subdivisions)
                if magnitude >= finiteKeys {
                    notFinite += total
                } else if total > 0 {
                    if magnitude == 0 { zeroKeys += total }
                    storage[index(ofKey: UInt32(key))] += UInt64(total)
                }
            }
            let special = storage + self.count
            if zeroKeys > 0 { special[3] += Self.count(bits, count) { $0 << 1 == 0 } }
            if notFinite > 0 {
                let plus = Self.count(bits, count) { $0 == 0x7f80_0000 }
                let minus = Self.count(bits, count) { $0 == 0xff80_0000 }
                special[0] += UInt64(notFinite) - plus - minus
                special[1] += plus
                special[2] += minus
            }
        }
    }

    @inline(__always)
    private static func count(_ bits: UnsafePointer<UInt32>, _ count: Int, where matches: (UInt32) -> Bool) -> UInt64 {
        var total: UInt64 = 0
        var start = 0
        while start < count {
            let end = min(start + (1 << 20), count)
            var part: UInt32 = 0
            for i in start..<end { part &+= matches(bits[i]) ? 1 : 0 }
            total += UInt64(part)
            start = end
        }
        return total
    }
}
