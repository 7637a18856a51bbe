import Core
import Distributed

/// Hashes every tensor of a step in the order of execution, so that the first operation at which two runs part can be found.
///
/// The hashes are the same at any number of ranks. Attach it to a network as its observer; show it the reduced gradient, and
/// ask it for the hashes after the step.
package final class StepTrace: PassObserver {
    /// What is hashed, in the order of execution.
    package let tensors: [String]

    private let network: Network<Float>
    private let blocks: ParameterBlocks
    private let reduction: any GradientReduction<Float>
    private let optimizer: ShardedOptimizer
    private let communicator: any Communicator
    private let hash: TensorHash
    private let columns: Columns

    /// The number of the first tensor of each sort.
    private struct Columns {
        let inputs = 0
        let targets = 1
        let outputs = 2
        let loss: Int
        /// Of the loss with respect to the network's output; those of the layers' inputs follow, the last layer's first.
        let lossGradient: Int
        let gradients: Int
        /// The optimizer's slots follow.
        let parameters: Int
        let buffers: Int

        /// - Parameter firstTrained: the first layer with parameters, whose input has no gradient.
        init(layers: Int, firstTrained: Int, parameters count: Int, slots: Int) {
            loss = outputs + layers
            lossGradient = loss + 1
            gradients = lossGradient + max(1, layers - firstTrained)
            parameters = gradients + count
            buffers = parameters + (1 + slots) * count
        }
    }

    package init(_ trainer: Trainer) {
        network = trainer.network
        blocks = trainer.blocks
        reduction = trainer.reduction
        optimizer = trainer.optimizer
        communicator = trainer.communicator
        let layers = network.layers.map(\.name)
        let parameters = network.arena.parameters.map(\.name)
        let firstTrained = network.chain.firstTrained
        columns = Columns(
            layers: layers.count, firstTrained: firstTrained, parameters: parameters.count,
            slots: optimizer.slotNames.count)
        tensors =
            ["inputs", "targets"] + layers.map { "forward output of \($0)" } + ["loss", "gradient of the loss"]
            + layers.dropFirst(firstTrained + 1).reversed().map { "input gradient of \($0)" }
            + parameters.map { "gradient of \($0)" } + parameters.map { "\($0) after the update" }
            + optimizer.slotNames.flatMap { slot in parameters.map { "\(slot) of \($0)" } }
            + network.arena.buffers.map(\.name)
        let widths = [network.inputShape.elementCount] + network.layers.map(\.outputShape.elementCount)
        let buffers = network.arena.buffers.map(\.count)
        hash = TensorHash(
            count: tensors.count, pieceLimit: (widths + buffers + [ParameterBlocks.elementsPerBlock]).max()!)
    }

    /// Begins a step.
    package func begin() {
        hash.clear()
    }

    package func didLoad(_ inputs: TensorView<Float>, targets: Targets<Float>, context: PassContext) {
        add(inputs, context, to: columns.inputs)
        switch targets {
        case .classes(let classes):
            let places = network.outputShape.rowCount
            for row in 0..<inputs.rows {
                hash.add(
                    UnsafeRawBufferPointer(UnsafeBufferPointer(start: classes + row * places, count: places)),
                    place: context.firstPosition + row, to: columns.targets)
            }
        case .values(let values):
            let base = UnsafeMutablePointer(mutating: values)
            add(
                TensorView(base: base, rows: inputs.rows, sampleShape: network.outputShape), context,
                to: columns.targets)
        }
    }

    package func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {
        guard context.mode == .training else { return }
        add(output, context, to: columns.outputs + index)
    }

    package func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {
        add(gradient, context, to: columns.lossGradient)
    }

    package func didBackward(
        layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
        context: PassContext
    ) {
        guard let inputGradient else { return }
        add(inputGradient, context, to: columns.lossGradient + network.layers.count - index)
    }

    /// Adds this rank's rows, each at its position in the epoch.
    private func add(_ view: TensorView<Float>, _ context: PassContext, to tensor: Int) {
        for row in 0..<view.rows {
            hash.add(view.row(row), count: view.width, place: context.firstPosition + row, to: tensor)
        }
    }

    /// Looks at the reduced gradient of the owned elements, before it is clipped.
    package func add(gradient: UnsafePointer<Float>) {
        for stretch in reduction.owned.stretches { add(gradient, stretch, to: columns.gradients) }
    }

    /// Adds a stretch of the owned blocks, each at its number in the arena.
    ///
    /// - Parameter values: by the arena's elements.
    private func add(_ values: UnsafePointer<Float>, _ stretch: OwnedSlice.Stretch, to first: Int) {
        for number in stretch.blocks {
            let block = blocks.blocks[number]
            hash.add(
                values + block.range.lowerBound, count: block.range.count, place: number, to: first + block.parameter)
        }
    }

    /// Looks at the loss and at what the step left behind.
    ///
    /// - Returns: a hash a tensor, the same on every rank, valid until `begin`.
    /// - Important: Collective; every rank calls it in the same order.
    /// - Complexity: no allocation.
    package func finish(_ result: StepResult) -> UnsafeBufferPointer<UInt64> {
        let arena = network.arena
        for stretch in reduction.owned.stretches {
            add(arena.values, stretch, to: columns.parameters)
            for slot in optimizer.slotNames.indices {
                let first = columns.parameters + (1 + slot) * arena.parameters.count
                add(stretch.origin(in: optimizer.slot(slot)), stretch, to: first)
            }
        }
        // Every rank has these; one is enough.
        if communicator.rank == 0 {
            hash.add(result.loss.isNaN ? .nan : result.loss, to: columns.loss)
            for (index, buffer) in arena.buffers.enumerated() {
                hash.add(arena.bufferValues + buffer.offset, count: buffer.count, place: 0, to: columns.buffers + index)
            }
        }
        communicator.allreduce(hash.values, .sum)
        return UnsafeBufferPointer(hash.values)
    }
}
