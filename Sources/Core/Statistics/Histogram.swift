/// The counts of one tensor's numbers.
public struct Histogram: Sendable, Equatable {
    public let bins: HistogramBins
    /// The bins in the order of the numbers, then NaN, +∞, −∞, exact zeros: `bins.storageCount` counts, which ranks may sum.
    public private(set) var counts: [UInt64]

    public init(_ bins: HistogramBins = HistogramBins()) {
        self.bins = bins
        counts = [UInt64](repeating: 0, count: bins.storageCount)
    }

    /// - Precondition: `counts` holds `bins.storageCount` counts.
    public init(_ bins: HistogramBins, counts: [UInt64]) {
        precondition(counts.count == bins.storageCount, "\(counts.count) counts for \(bins.storageCount)")
        self.bins = bins
        self.counts = counts
    }

    /// The counts of the bins alone.
    public var binCounts: ArraySlice<UInt64> { counts[..<bins.count] }
    public var nan: UInt64 { counts[bins.count] }
    public var positiveInfinity: UInt64 { counts[bins.count + 1] }
    public var negativeInfinity: UInt64 { counts[bins.count + 2] }
    /// The zeros among the numbers of the zero bin.
    public var exactZeros: UInt64 { counts[bins.count + 3] }

    /// All numbers counted: bins + NaN + infinities.
    public var total: UInt64 { counts.dropLast().reduce(0, +) }

    /// Counts `count` more numbers.
    ///
    /// - Complexity: no allocation.
    public mutating func add(_ values: UnsafePointer<Float>, count: Int) {
        counts.withUnsafeMutableBufferPointer { bins.add(values, count: count, into: $0.baseAddress!) }
    }

    /// Adds the counts of another.
    ///
    /// - Precondition: the bins are the same.
    public mutating func merge(_ other: Histogram) {
        precondition(bins == other.bins, "histograms of \(bins.count) and \(other.bins.count) bins")
        for i in counts.indices { counts[i] += other.counts[i] }
    }
}
