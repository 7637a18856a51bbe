/// Finds the known name that a mistyped one was probably meant to be.
enum NearestName {
    /// The candidate at the least edit distance, unless even that differs in more than half of its letters.
    static func of(_ name: String, among candidates: some Sequence<String>) -> String? {
        let ranked = candidates.map { (name: $0, distance: distance(name.lowercased(), $0.lowercased())) }
        guard let best = ranked.min(by: { ($0.distance, $0.name) < ($1.distance, $1.name) }) else { return nil }
        return best.distance <= max(2, best.name.count / 2) ? best.name : nil
    }

    /// "; did you mean NAME?" with the nearest candidate, else the list of all.
    static func hint(for name: String, among candidates: [String]) -> String {
        if let nearest = of(name, among: candidates) { return "did you mean '\(nearest)'?" }
        return "known: \(candidates.sorted().joined(separator: ", "))"
    }

    /// The Levenshtein distance: insertions, deletions and substitutions.
    static func distance(_ left: String, _ right: String) -> Int {
        let right = Array(right)
        var previous = Array(0...right.count)
        for (i, a) in left.enumerated() {
            var current = [i + 1]
            for (j, b) in right.enumerated() {
                current.append(min(previous[j] + (a == b ? 0 : 1), previous[j + 1] + 1, current[j] + 1))
            }
            previous = current
        }
        return previous.last!
    }
}
