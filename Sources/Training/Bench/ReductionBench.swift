import Core
import Distributed

/// Times this project's sum of gradients over ranks and `MPI_Allreduce`, in turn.
struct ReductionBench {
    let configuration: Configuration
    let communicator: MPICommunicator
    let maximumBytes: Int
    let note: (String) -> Void
    /// Says why the ranks of a node send each other messages.
    let warn: (_ failure: SharedMemoryError?) -> Void

    /// The reductions of one size are timed for about so long, but at least three rounds.
    private static let budget = Duration.milliseconds(400)

    /// - Important: Collective; every rank calls it in the same order.
    func measure() -> ReductionReport {
        var report = ReductionReport(rows: [])
        var bytes = 1024
        while bytes <= maximumBytes {
            guard fits(count: bytes / 4) else {
                report.tooLargeBytes = bytes
                break
            }
            note("bench: reduction of \(grouped(bytes)) bytes")
            let subject = ReductionSubject(
                count: bytes / 4, configuration: configuration, communicator: communicator)
            // Messages throughout, where there is no shared memory; but not from some size on.
            if let failure = subject.sharingFailure, let first = report.rows.first, first.isShared {
                note("bench: reduction of \(grouped(bytes)) bytes left out: no shared memory: \(failure)")
                report.tooLargeBytes = bytes
                break
            }
            warn(subject.sharingFailure)
            report.rows.append(measure(subject))
            bytes *= 4
        }
        return report
    }

    /// Whether every host has the memory that its ranks would need.
    private func fits(count: Int) -> Bool {
        let names = communicator.hostNames
        let neighbours = names.count { $0 == names[communicator.rank] }
        let needed = ReductionSubject.bytes(
            count: count, configuration: configuration, communicator: communicator)
        let fits = FreeMemory.bytes.map { needed * neighbours < $0 / 4 * 3 } ?? true
        return communicator.allreduce(fits ? 1 : 0, .minimum) != 0
    }

    /// The four ways in turn, each round: whatever else the machine does meets all of them. Before each the memory is left as
    /// a step's passes leave it.
    private func measure(_ subject: ReductionSubject) -> ReductionReport.Row {
        let ways: [(passes: () -> Void, reduction: () -> Void)] = [
            (
                subject.touchShared,
                {
                    _ = subject.reduction.reduce(subject.partition)
                    subject.reduction.publish()
                }
            ),
            (
                subject.touchReplicated,
                { communicator.libraryAllreduce(subject.gradient.base, count: subject.count) }
            ),
            (
                subject.touchShared,
                {
                    let gradient = subject.reduction.reduce(subject.partition)
                    subject.exchangeNorm()
                    // At rate 0 parameters stay 0, whatever the optimizer, and the work is the same.
                    subject.sharded.update(gradient: gradient, learningRate: 0, update: 0)
                    subject.reduction.publish()
                }
            ),
            (
                subject.touchReplicated,
                {
                    communicator.libraryAllreduce(subject.gradient.base, count: subject.count)
                    subject.replicated.update(gradient: subject.gradient.base, learningRate: 0, update: 0)
                }
            ),
        ]
        func timeWay(_ way: Int) -> Double {
            ways[way].passes()
            return time(ways[way].reduction)
        }
        let once = ways.indices.map(timeWay).reduce(0, +)
        let rounds = max(3, min(101, Int(Self.budget / .microseconds(1) / once)))
        var times = [[Double]](repeating: [], count: ways.count)
        for _ in 0..<rounds {
            for way in ways.indices { times[way].append(timeWay(way)) }
        }
        func ratio(_ way: Int, by other: Int) -> Double { zip(times[way], times[other]).map { $0 / $1 }.median }
        return ReductionReport.Row(
            gradientBytes: 4 * subject.count, isShared: subject.isShared, rounds: rounds,
            reduceMicroseconds: times[0].median,
            allreduceMicroseconds: times[1].median, ratio: ratio(0, by: 1),
            reduceAndUpdateMicroseconds: times[2].median, allreduceAndUpdateMicroseconds: times[3].median,
            ratioWithUpdate: ratio(2, by: 3))
    }

    /// The slowest rank's microseconds, from when all have come.
    private func time(_ body: () -> Void) -> Double {
        communicator.barrier()
        let elapsed = ContinuousClock().measure(body)
        return communicator.allgather(elapsed / .microseconds(1)).max()!
    }
}
