import Storage

/// A configuration, data, a stretch of steps and some numbers of ranks, all drawn from one seed.
struct RankCase: Sendable, CustomStringConvertible {
    let seed: UInt64
    let yaml: String
    let datasets: Datasets
    /// The first line of it.
    var network: String { String(yaml.prefix { $0 != "\n" }) }
    /// The steps that are trained, from the first weights: up to the epoch's end, with its ragged batch, and beyond.
    let steps: Range<Int>
    /// The numbers of ranks that are held against one rank.
    let ranks: [Int]

    /// How to run it alone, and what it is.
    var description: String {
        """
        DTRAIN_TEST_SEED=\(seed): steps \(steps) on \(ranks) ranks, \(datasets.train.count) training and \
        \(datasets.test.count) test samples
        \(yaml)
        """
    }
}
