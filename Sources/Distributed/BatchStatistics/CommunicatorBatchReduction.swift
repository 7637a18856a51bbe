import Core

/// Records of a pass and of the global batch over the ranks of a communicator: every rank receives the records of all roots
/// and merges them along the tree itself, so all have the same bits.
public final class CommunicatorBatchReduction: BatchReduction {
    private let communicator: any Communicator
    private var partition: BatchPartition?
    /// The bytes of each rank's present roots.
    private var counts: [Int]
    /// The present roots of all ranks, in rank order; grows to the longest record.
    private var records: AlignedBuffer<UInt8>

    /// - Parameter maximumRecordBytes: the longest record that will be asked for, if known: then nothing is allocated later.
    public init(communicator: any Communicator, maximumRecordBytes: Int = 0) {
        self.communicator = communicator
        counts = [Int](repeating: 0, count: communicator.size)
        // As many present roots as ranks is the common case; others make it grow once.
        records = AlignedBuffer(count: maximumRecordBytes * communicator.size, kind: .reduction)
    }

    /// Says how the coming pass is cut; its layout is `partition.layout`.
    public func begin(_ partition: BatchPartition) {
        precondition(
            partition.presentRoots.count == communicator.size && partition.rank == communicator.rank,
            "a partition for rank \(partition.rank) of \(partition.presentRoots.count), used by rank "
                + "\(communicator.rank) of \(communicator.size)")
        self.partition = partition
    }

    /// - Important: Collective; every rank calls it in the same order, ranks without rows too.
    /// - Complexity: O(roots · length); no allocation once as long a record has been reduced.
    public func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout, over scope: BatchScope,
        into waiting: UnsafeMutablePointer<Element>
    ) {
        reduce(roots, length: length, merge: merge, layout: layout, over: scope, into: waiting) {
            communicator.allgather($0.own, counts: $0.counts, into: $0.all)
        }
    }

    /// The same, where `gather` gives the ranks each other's bytes, along with something else maybe.
    @inline(__always)
    public func reduce<Element: TrainingScalar>(
        _ roots: UnsafePointer<Element>, length: Int, merge: RecordMerge, layout: ShardLayout, over scope: BatchScope,
        into waiting: UnsafeMutablePointer<Element>, gather: (RankBytes) -> Void
    ) {
        guard let partition else { preconditionFailure("begin(_:) names the partition before the first reduction") }
        precondition(
            layout.rows == partition.layout.rows && layout.roots.count == partition.layout.roots.count,
            "the pass has \(layout.rows) rows, the partition \(partition.layout.rows)")
        let plan = partition.plan(over: scope)
        let recordBytes = length * MemoryLayout<Element>.stride
        if records.count < plan.rootCount * recordBytes {
            records = AlignedBuffer(count: plan.rootCount * recordBytes, kind: .reduction)
        }
        for rank in 0..<communicator.size { counts[rank] = partition.presentRoots[rank] * recordBytes }
        gather(
            RankBytes(
                own: UnsafeRawBufferPointer(start: roots, count: counts[communicator.rank]), counts: counts,
                all: UnsafeMutableRawBufferPointer(start: records.base, count: plan.rootCount * recordBytes)))
        let all = UnsafeMutableRawPointer(records.base).bindMemory(to: Element.self, capacity: plan.rootCount * length)
        func operand(_ number: Int) -> UnsafeMutablePointer<Element> {
            number < plan.waiting ? waiting + number * length : all + (number - plan.waiting) * length
        }
        for step in plan.steps {
            merge.merge(operand(step.right), into: operand(step.left), length: length)
        }
        for (place, number) in plan.remaining.enumerated() where number >= plan.waiting {
            (waiting + place * length).update(from: operand(number), count: length)
        }
    }
}
