extension TrainingScalar {
    /// Whether `count` values are all numbers.
    ///
    /// - Complexity: looks at all of them, many at a time; no allocation.
    @specialized(where Self == Float)
    @specialized(where Self == Double)
    public static func areFinite(_ values: UnsafePointer<Self>, count: Int) -> Bool {
        var others = 0
        for i in 0..<count { others &+= values[i].isFinite ? 0 : 1 }
        return others == 0
    }
}
