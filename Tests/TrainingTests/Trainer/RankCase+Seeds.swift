import Foundation

extension RankCase {
    /// The one that `DTRAIN_TEST_SEED` asks for.
    private static let asked = ProcessInfo.processInfo.environment["DTRAIN_TEST_SEED"].map { text in
        guard let seed = UInt64(text) else {
            preconditionFailure("DTRAIN_TEST_SEED is '\(text)'; it must be a number from 0 to \(UInt64.max)")
        }
        return seed
    }

    /// The seeds that every run of the tests has, or the one that is asked for.
    static let fixedSeeds = asked.map { [$0] } ?? Array(1...32)

    /// Seeds that no run had before, printed; none where one is asked for.
    static let freshSeeds: [UInt64] = {
        guard asked == nil else { return [] }
        let first = UInt64.random(in: 1_000...UInt64(UInt32.max))
        print("cases of seeds \(first) to \(first + 7); one of them alone: DTRAIN_TEST_SEED=\(first)")
        return Array(first..<(first + 8))
    }()
}
