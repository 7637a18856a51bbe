/// Where two datasets, or two attributes, of one name part.
public struct ValueDifference: Sendable {
    /// A row of a table: its step or epoch.
    public struct Row: Sendable, Hashable, Comparable {
        /// `step` or `epoch`.
        public let key: String
        public let value: Int64

        public static func < (a: Row, b: Row) -> Bool { a.value < b.value }
    }

    /// The dataset's path, and for an attribute `@` and its name: `/steps/loss`, `/@seed`.
    public let path: String
    /// The elements that were compared.
    public let compared: Int
    /// Those of them that are not the same bytes.
    public let count: Int
    /// The first of them: its row, where the dataset is a table's column.
    public let row: Row?
    /// The place of the first within its row, or in the dataset; empty for a single element.
    public let index: [Int]
    /// The first in A and in B, with all digits.
    public let first: String
    public let second: String
    /// How far these two are apart, and the most that any two are; nil for what is not floating-point.
    public let distance: ULPDistance?
    public let largest: ULPDistance?

    /// Where the first is: `step 37`, `step 37 [4]`, `[3, 2]`.
    public var place: String {
        let place = index.isEmpty ? "" : "\(index)"
        return [row.map { "\($0.key) \($0.value)" } ?? "", place].filter { !$0.isEmpty }.joined(separator: " ")
    }
}

extension ValueDifference {
    /// Compares elements by their bytes.
    ///
    /// - Parameters:
    ///   - rows: of a table's columns, the rows in A and in B that belong together; nil to compare all of two equal shapes.
    /// - Returns: nil if there is no difference.
    init?(_ path: String, _ a: HDF5Value, _ b: HDF5Value, rows: MatchedRows? = nil) {
        if rows?.isWhole ?? true, a.elements == b.elements { return nil }
        let shape = a.shape ?? []
        let width = rows == nil ? a.count : shape.dropFirst().reduce(1, *)
        var found: (row: Int, offset: Int)?
        var count = 0
        var largest: ULPDistance?
        let pairs = rows?.pairs ?? [(0, 0)]
        for (number, pair) in pairs.enumerated() {
            for offset in 0..<width {
                let (i, j) = (pair.0 * width + offset, pair.1 * width + offset)
                guard !a.isEqual(i, b, j) else { continue }
                if found == nil { found = (number, offset) }
                count += 1
                if let distance = a.distance(i, b, j) { largest = max(largest ?? distance, distance) }
            }
        }
        guard let found else { return nil }
        let pair = pairs[found.row]
        let (i, j) = (pair.0 * width + found.offset, pair.1 * width + found.offset)
        self.path = path
        compared = pairs.count * width
        self.count = count
        row = rows.map { Row(key: $0.key, value: $0.values[found.row]) }
        index = Self.subscripts(found.offset, rows == nil ? shape[...] : shape.dropFirst())
        first = a.text(i)
        second = b.text(j)
        distance = a.distance(i, b, j)
        self.largest = largest
    }

    private static func subscripts(_ offset: Int, _ extents: ArraySlice<Int>) -> [Int] {
        var rest = offset
        return extents.reversed().map { extent in
            defer { rest /= extent }
            return rest % extent
        }.reversed()
    }
}
