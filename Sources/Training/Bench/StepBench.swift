import Core
import Distributed

/// Times training steps: as they are, then with their phases apart.
package struct StepBench {
    let subject: BenchSubject
    /// GFLOP/s of this rank's core.
    let peak: Double
    let steps: Int
    let warmUp: Int

    private var communicator: any Communicator { subject.communicator }

    /// - Important: Collective; every rank calls it in the same order.
    func measure() throws -> StepReport {
        try warm()
        let before = WaitKind.allCases.map { communicator.waits.count($0) }
        let whole = try wholeSteps()
        let after = WaitKind.allCases.map { communicator.waits.count($0) }
        let steps = Self.times(ofSteps: everyRank(whole))
        let trainer = subject.trainer
        let flops = NetworkProducts(trainer.network, loss: trainer.configuration.loss)
            .flops(samples: subject.localSamples)
        let floors = communicator.allgather(flops / peak / 1e3)
        let floor = floors.max()!
        return StepReport(
            globalBatchSize: trainer.sampler.batchRows(step: 0), localBatchSize: subject.localSamples,
            steps: steps.count, warmUpSteps: warmUp, medianMicroseconds: steps.median,
            p95Microseconds: steps.percentile(0.95),
            samplesPerSecond: Double(trainer.sampler.batchRows(step: 0)) / steps.median * 1e6,
            phases: try phases(), productFlops: communicator.allgather(flops).max()!, floorMicroseconds: floor,
            stepOverFloor: floor > 0 ? steps.median / floor : 0,
            waits: communicator.size > 1 ? waits(before, after) : nil, checkpointMicroseconds: try checkpoint())
    }

    /// The microseconds of each step, and of nothing else.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    func times() throws -> [Double] {
        try warm()
        return Self.times(ofSteps: everyRank(try wholeSteps()))
    }

    /// The steps that are not timed; between nodes, also those that try which way of exchanging is faster.
    private func warm() throws {
        for _ in 0..<warmUp { try subject.step() }
        while subject.trainer.reduction.isTrying { try subject.step() }
    }

    /// The microseconds of each step on this rank.
    private func wholeSteps() throws -> [Double] {
        try (0..<steps).map { _ in
            let start = ContinuousClock.now
            try subject.step()
            return (ContinuousClock.now - start) / .microseconds(1)
        }
    }

    /// The time of each step: the mean of its ranks'.
    ///
    /// Of steps that follow each other each rank's times add up to the same whole. Where ranks outnumber cores one is late in
    /// this step and another in the next, and the latest of each would add up to more.
    package static func times(ofSteps ranks: [[Double]]) -> [Double] {
        ranks.transposed.map { $0.reduce(0, +) / Double($0.count) }
    }

    /// The median of what ranks do between two steps where a checkpoint is due: whether memory is as it was written, whether
    /// all are numbers, and a copy for the thread that writes it.
    private func checkpoint() throws -> Double {
        let trainer = subject.trainer
        let snapshot = trainer.makeSnapshot()
        trainer.copyState(RunProgress(), datasetDigest: "", into: snapshot)
        let times = try (0..<9).map { _ in
            try subject.step()
            communicator.barrier()
            return ContinuousClock().measure {
                _ = trainer.driftCheck.verify(steps: 0)
                _ = trainer.firstNonFiniteState(step: 0)
                trainer.copyState(RunProgress(), datasetDigest: "", into: snapshot)
            } / .microseconds(1)
        }
        return everyRank(times).transposed.map { $0.max()! }.median
    }

    private func waits(_ before: [Int], _ after: [Int]) -> StepReport.Waits {
        var byKind: [String: Double] = [:]
        for (place, kind) in WaitKind.allCases.enumerated() where after[place] > before[place] {
            byKind[kind.name.replacing(" ", with: "_")] = Double(after[place] - before[place]) / Double(steps)
        }
        return StepReport.Waits(total: byKind.values.reduce(0, +), byKind: byKind)
    }

    /// The phases of one step: what is waited within one is taken from it and added up as `wait`, so that together they are `all`.
    package static func microseconds(of clock: StepClock) -> [String: Double] {
        var times = ["wait": clock.idleSeconds.reduce(0, +) * 1e6, "all": clock.seconds.reduce(0, +) * 1e6]
        for phase in StepPhase.allCases {
            times["\(phase)"] = (clock.seconds[phase.rawValue] - clock.idleSeconds[phase.rawValue]) * 1e6
        }
        return times
    }

    private func phases() throws -> [StepReport.Phase] {
        subject.separatesWaiting = true
        defer { subject.separatesWaiting = false }
        let names = ["load", "forward", "backward", "wait", "reduce", "update", "publish", "all"]
        try subject.step()
        let times = try (0..<steps).map { _ in
            try subject.step()
            return Self.microseconds(of: subject.trainer.clock)
        }
        return names.map { name in
            let ranks = everyRank(times.map { $0[name]! })
            let medians = ranks.map(\.median)
            let slowest = medians.indices.max { medians[$0] < medians[$1] }!
            let all = ranks.flatMap { $0 }
            return StepReport.Phase(
                phase: name, medianMicroseconds: all.median, p95Microseconds: all.percentile(0.95),
                slowestRankMicroseconds: medians[slowest], slowestRank: slowest)
        }
    }

    /// - Important: Collective; every rank calls it in the same order.
    private func everyRank(_ values: [Double]) -> [[Double]] {
        communicator.allgather(values.withUnsafeBytes { Array($0) }).map { bytes in
            bytes.withUnsafeBytes { bytes in
                values.indices.map { bytes.loadUnaligned(fromByteOffset: $0 * 8, as: Double.self) }
            }
        }
    }
}

extension [[Double]] {
    /// Columns in place of rows.
    fileprivate var transposed: [[Double]] { self[0].indices.map { column in map { $0[column] } } }
}
