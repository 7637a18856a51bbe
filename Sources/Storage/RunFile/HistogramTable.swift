import Core

/// Histograms of every parameter's gradient, weights and update, at some steps.
public struct HistogramTable: Sendable, Equatable {
    /// What of a parameter is counted; the raw value is the folder in the file.
    public enum Kind: String, Sendable, CaseIterable {
        /// The mean gradient over the global batch, before clipping.
        case gradients
        /// The values after the step.
        case weights
        /// The values after the step less those before.
        case updates
    }

    public let bins: HistogramBins
    /// The parameters' names, in the arena's order.
    public let parameters: [String]
    /// The steps, [H].
    public private(set) var steps: [Int] = []
    /// The counts, [H, kind, parameter, `bins.storageCount`].
    public private(set) var counts: [UInt64] = []

    public init(bins: HistogramBins, parameters: [String]) {
        self.bins = bins
        self.parameters = parameters
    }

    /// The number of rows, H.
    public var count: Int { steps.count }

    /// The counts that one row takes: [kind, parameter, `bins.storageCount`].
    public var rowCount: Int { Kind.allCases.count * parameters.count * bins.storageCount }

    /// Where in a row the counts of one histogram begin.
    public func offset(_ kind: Kind, parameter: Int) -> Int {
        (Kind.allCases.firstIndex(of: kind)! * parameters.count + parameter) * bins.storageCount
    }

    /// One histogram.
    public func histogram(row: Int, _ kind: Kind, parameter: Int) -> Histogram {
        let start = row * rowCount + offset(kind, parameter: parameter)
        return Histogram(bins, counts: Array(counts[start..<(start + bins.storageCount)]))
    }

    /// Adds a row.
    ///
    /// - Precondition: `row` holds `rowCount` counts.
    public mutating func append(step: Int, counts row: UnsafeBufferPointer<UInt64>) {
        precondition(row.count == rowCount, "\(row.count) counts for a row of \(rowCount)")
        steps.append(step)
        counts.append(contentsOf: row)
    }

    /// Adds a row.
    public mutating func append(step: Int, counts row: [UInt64]) {
        row.withUnsafeBufferPointer { append(step: step, counts: $0) }
    }

    /// Adds the rows of `later`.
    mutating func append(_ later: HistogramTable) {
        precondition(later.rowCount == rowCount, "rows of \(later.rowCount) counts for rows of \(rowCount)")
        steps += later.steps
        counts += later.counts
    }

    /// Makes room for this many rows in all.
    public mutating func reserveCapacity(_ count: Int) {
        steps.reserveCapacity(count)
        counts.reserveCapacity(count * rowCount)
    }

    /// Forgets the rows after `step`.
    mutating func truncate(afterStep step: Int) {
        let kept = steps.count { $0 <= step }
        precondition(steps[..<kept].allSatisfy { $0 <= step }, "histogram rows out of order")
        steps.removeLast(steps.count - kept)
        counts.removeLast(counts.count - kept * rowCount)
    }
}
