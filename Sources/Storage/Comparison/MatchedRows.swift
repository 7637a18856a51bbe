/// Which rows of a table in one file belong to which in another: those of the same step, or epoch.
struct MatchedRows {
    /// `step` or `epoch`.
    let key: String
    /// For each row that both have, its place in A and in B.
    private(set) var pairs: [(Int, Int)] = []
    /// The steps, or epochs, of these rows.
    private(set) var values: [Int64] = []
    /// The places of the rows that only one of the two has.
    private(set) var onlyFirst: [Int] = []
    private(set) var onlySecond: [Int] = []

    /// Whether every row of both files is at the same place in the other.
    var isWhole: Bool { onlyFirst.isEmpty && onlySecond.isEmpty && pairs.allSatisfy { $0.0 == $0.1 } }

    /// Matches rows by their keys where these increase in both files; else, as in `/events`, by their places.
    init(key: String, _ a: [Int64], _ b: [Int64]) {
        self.key = key
        guard Self.increases(a), Self.increases(b) else {
            let common = min(a.count, b.count)
            pairs = (0..<common).map { ($0, $0) }
            values = Array(a[..<common])
            onlyFirst = Array(common..<a.count)
            onlySecond = Array(common..<b.count)
            return
        }
        var (i, j) = (0, 0)
        while i < a.count || j < b.count {
            if i < a.count, j < b.count, a[i] == b[j] {
                pairs.append((i, j))
                values.append(a[i])
                i += 1
                j += 1
            } else if j == b.count || i < a.count && a[i] < b[j] {
                onlyFirst.append(i)
                i += 1
            } else {
                onlySecond.append(j)
                j += 1
            }
        }
    }

    private static func increases(_ values: [Int64]) -> Bool {
        zip(values, values.dropFirst()).allSatisfy { $0 < $1 }
    }
}
