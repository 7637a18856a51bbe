import Distributed
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

    /// Seeds that no run had before; none where one is asked for.
    static let freshSeeds: [UInt64] = {
        guard asked == nil else { return [] }
        let first = UInt64.random(in: 1_000...UInt64(UInt32.max))
        let seeds = Array(first..<(first + 8))
        // In a job the ranks take rank 0's, which says them.
        if !MPIEnvironment.isLaunched { announce(seeds) }
        return seeds
    }()

    /// Prints which seeds are fresh, so that a case that fails can be had again.
    static func announce(_ seeds: [UInt64]) {
        guard let first = seeds.first, let last = seeds.last else { return }
        print("cases of seeds \(first) to \(last); one of them alone: DTRAIN_TEST_SEED=\(first)")
    }
}
