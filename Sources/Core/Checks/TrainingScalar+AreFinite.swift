extension TrainingScalar {
    /// Whether `count` values are all numbers.
    ///
    /// - Complexity: looks at all of them, many at a time; no allocation.
    @specialized(where Self == Float)
    @specialized(where Self == Double)
    public static func areFinite(_ values: UnsafePointer<Self>, count: Int) -> Bool {
        // The magnitude's bits order as the magnitude does; those of infinity and of all NaN are the largest.
        if Self.self == Float.self {
            let bits = UnsafeRawPointer(values).assumingMemoryBound(to: UInt32.self)
            var largest: UInt32 = 0
            for i in 0..<count { largest = Swift.max(largest, bits[i] & 0x7fff_ffff) }
            return largest < Float.infinity.bitPattern
        }
        var others = 0
        for i in 0..<count { others &+= values[i].isFinite ? 0 : 1 }
        return others == 0
    }
}
