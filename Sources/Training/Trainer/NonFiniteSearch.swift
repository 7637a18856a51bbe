import Core
import Distributed

/// Looks at a step that is computed again, on all ranks, for the first value that is no number.
final class NonFiniteSearch: PassObserver {
    let valueGuard: ValueGuard<Float>
    private let trainer: Trainer
    /// The rows of the step on this rank.
    private var batch: [(position: Int, sample: Int)] = []

    init(_ trainer: Trainer) {
        self.trainer = trainer
        valueGuard = ValueGuard(trainer.network, gradients: .reduced)
    }

    func didLoad(_ inputs: TensorView<Float>, targets: Targets<Float>, context: PassContext) {
        batch += context.sampleIndices.enumerated().map { (context.firstPosition + $0, Int($1)) }
        valueGuard.didLoad(inputs, targets: targets, context: context)
    }

    func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {
        valueGuard.didForward(layer: layer, index: index, output: output, context: context)
    }

    func didForwardInside(layer: any Layer<Float>, output: TensorView<Float>, context: PassContext) {
        valueGuard.didForwardInside(layer: layer, output: output, context: context)
    }

    func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {
        valueGuard.inspect(losses: trainer.loss.rowLosses, loss: kind, context: context)
        valueGuard.didDifferentiateLoss(kind, gradient: gradient, context: context)
    }

    func didBackward(
        layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
        context: PassContext
    ) {
        valueGuard.didBackward(
            layer: layer, index: index, inputGradient: inputGradient, arena: arena, context: context)
    }

    func didBackwardInside(
        layer: any Layer<Float>, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>, context: PassContext
    ) {
        valueGuard.didBackwardInside(layer: layer, inputGradient: inputGradient, arena: arena, context: context)
    }

    /// What this rank tells the others of its finding.
    private struct Claim: BitwiseCopyable {
        var place: Int
        var order: Int
        /// Whether the tensor is a sum over the batch, which is then where the value is from.
        var isOverBatch: Bool
    }

    /// Agrees on the first finding of all ranks.
    ///
    /// - Returns: the same on every rank; nil if no rank found anything.
    /// - Important: Collective; every rank calls it in the same order.
    func report() -> NonFiniteReport? {
        let communicator = trainer.communicator
        let finding = valueGuard.finding
        let claims = communicator.allgather(
            Claim(
                place: valueGuard.place, order: valueGuard.order,
                isOverBatch: finding.map { $0.row == nil && [.forward, .backward].contains($0.direction) } ?? false))
        let place = claims.map(\.place).min()!
        guard place < .max else { return nil }
        let ranks = claims.indices.filter { claims[$0].place == place }
        let first = ranks.min { (claims[$0].order, $0) < (claims[$1].order, $1) }!
        let what = communicator.broadcast(finding?.what ?? "", from: first)
        let isOverBatch = claims[first].isOverBatch
        let found = isOverBatch ? batch : (valueGuard.place == place ? valueGuard.rows : [])
        var rows = found.flatMap { [$0.position, $0.sample] }
        rows = communicator.allgather(rows.withUnsafeBytes { Array($0) }).flatMap { bytes in
            bytes.withUnsafeBytes { Array($0.bindMemory(to: Int.self)) }
        }
        let samples = stride(from: 0, to: rows.count, by: 2).map { (position: rows[$0], sample: rows[$0 + 1]) }
            .sorted { $0.position < $1.position }.map(\.sample)
        return NonFiniteReport(
            what: what, samples: Array(samples.prefix(NonFiniteReport.namedSamples)), sampleCount: samples.count,
            isOverBatch: isOverBatch, ranks: ranks)
    }
}

extension Trainer {
    /// Computes step `step` once more and finds the first value that is no number; nothing is changed.
    ///
    /// - Returns: the same on every rank; nil if there is none this time: then the first was not the computation's.
    /// - Important: Collective; every rank calls it in the same order.
    public func firstNonFinite(inStep step: Int) -> NonFiniteReport? {
        let search = NonFiniteSearch(self)
        let observer = network.observer
        network.observer = search
        defer { network.observer = observer }
        search.valueGuard.inspectState(.before, step: step)
        _ = self.step(step, isRehearsal: true) { gradient in
            search.valueGuard.inspect(gradient: gradient, owned: reduction.owned, step: step)
        }
        return search.report()
    }

    /// Finds the first value among parameters, buffers and the optimizer's memory that is no number.
    ///
    /// - Parameter step: the steps done.
    /// - Returns: the same on every rank; nil if there is none.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Complexity: reads the flat memory once; names are looked for only where that finds something.
    public func firstNonFiniteState(step: Int) -> NonFiniteReport? {
        let isStateFinite = isStateFinite
        guard communicator.allreduce(isStateFinite ? 1 : 0, .minimum) == 0 else { return nil }
        let search = NonFiniteSearch(self)
        if !isStateFinite {
            search.valueGuard.inspectState(.after, step: step - 1)
            for (index, slot) in optimizer.slotNames.enumerated() {
                search.valueGuard.inspect(
                    slot: slot, optimizer.slot(index), owned: reduction.owned, step: step - 1)
            }
        }
        return search.report()
    }

    /// Whether this rank's parameters, buffers and part of the optimizer's memory are numbers, gaps included.
    private var isStateFinite: Bool {
        let arena = network.arena
        return Float.areFinite(arena.values, count: arena.storageCount) && arena.areBuffersFinite
            && optimizer.slotNames.indices.allSatisfy {
                Float.areFinite(optimizer.slot($0), count: reduction.owned.count)
            }
    }
}
