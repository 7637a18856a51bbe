import Core
import Distributed

/// Batchnorm's statistics as the mean of the ranks' own, each with equal weight however many rows it has; all other sums are
/// the real ones.
///
/// Over the r ranks with rows, with n = Σ nᵢ: mean = Σ meanᵢ / r and M2 = Σ M2ᵢ·n / (r·nᵢ) + n / r·Σ (meanᵢ − mean)².
final class UnweightedMoments: BatchReduction {
    private let real: CommunicatorBatchReduction
    private let communicator: any Communicator

    init(_ real: CommunicatorBatchReduction, communicator: any Communicator) {
        self.real = real
        self.communicator = communicator
    }

    func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout, over scope: BatchScope,
        into result: UnsafeMutablePointer<Element>
    ) {
        guard merge == .moments else {
            real.reduce(roots, length: length, merge: merge, layout: layout, over: scope, into: result)
            return
        }
        var own = [Element](repeating: .zero, count: length)
        for root in layout.roots.indices where !layout.isEmpty(root: root) {
            let record = roots + root * length
            if own[0].real == 0 {
                own = Array(UnsafeBufferPointer(start: record, count: length))
            } else {
                merge.merge(record, into: &own, length: length)
            }
        }
        let records = communicator.allgather(own.map(\.real).withUnsafeBytes { Array($0) }).map { bytes in
            bytes.withUnsafeBytes { Array($0.bindMemory(to: Double.self)) }
        }.filter { $0[0] > 0 }
        let rows = records.map { $0[0] }.reduce(0, +)
        let ranks = Double(records.count)
        let channels = (length - 1) / 2
        result[0] = Element(rows)
        for c in 1...channels {
            let mean = records.map { $0[c] }.reduce(0, +) / ranks
            let within = records.map { $0[channels + c] * (rows / (ranks * $0[0])) }.reduce(0, +)
            let between = records.map { ($0[c] - mean) * ($0[c] - mean) }.reduce(0, +)
            result[c] = Element(mean)
            result[channels + c] = Element(within + rows / ranks * between)
        }
    }
}
