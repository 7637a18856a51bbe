import Core
import Distributed
import Storage

/// Times the kernels of training steps: every layer's passes, the loss, the optimizer, the gather of a batch.
struct KernelBench {
    let subject: BenchSubject
    let datasets: Datasets
    let steps: Int
    let warmUp: Int

    private static let bytes = MemoryLayout<Float>.stride

    /// - Returns: what rank 0 has to do, while all ranks do their part.
    /// - Important: Collective; every rank calls it in the same order.
    func measure() throws -> [KernelRow] {
        let trainer = subject.trainer
        let clock = LayerClock(waits: subject.communicator.waits)
        trainer.network.observer = clock
        defer { trainer.network.observer = nil }
        var loads: [Double] = []
        for step in 0..<(warmUp + steps) {
            try subject.step()
            clock.endStep(counts: step >= warmUp)
            if step >= warmUp { loads.append(trainer.clock.seconds[StepPhase.load.rawValue] * 1e6) }
        }
        let rows = subject.localSamples
        let gather = KernelRow(
            kernel: "batch", pass: "gather", microseconds: loads.median,
            bytes: rows * (datasets.train.bytesPerSample + targetBytes + Self.bytes * inputs))
        return [gather] + clock.events.compactMap { row($0, rows: rows) } + [optimizer()]
    }

    private var inputs: Int { subject.trainer.network.inputShape.elementCount }
    private var outputs: Int { subject.trainer.network.outputShape.elementCount }

    /// What the targets of a sample take where the loss reads them.
    private var targetBytes: Int {
        switch datasets.train.targets {
        case .classes, .followers: datasets.train.classesPerSample * MemoryLayout<Int32>.stride
        case .values(_, let shape): shape.elementCount * Self.bytes
        }
    }

    /// Nothing for a layer that only passes on.
    private func row(_ event: LayerClock.Event, rows: Int) -> KernelRow? {
        let arena = subject.trainer.network.arena
        guard let layer = event.layer else {
            // The outputs in, once for the loss and once for its gradient, which goes out.
            return KernelRow(
                kernel: "loss", pass: "both", microseconds: event.microseconds.median,
                bytes: rows * (3 * outputs * Self.bytes + targetBytes))
        }
        let bytes = subject.passes.map { pass in
            event.isBackward
                ? LayerTraffic.backward(
                    layer, rows: pass.layout.rows, hasInputGradient: event.hasInputGradient,
                    roots: pass.presentRoots[pass.rank], arena: arena)
                : LayerTraffic.forward(layer, rows: pass.layout.rows, arena: arena)
        }.reduce(0, +)
        guard bytes > 0 else { return nil }
        return KernelRow(
            kernel: layer.name, pass: event.isBackward ? "backward" : "forward",
            microseconds: event.microseconds.median, bytes: bytes)
    }

    /// An update of the owned slice: gradient in, values and slots in and out. What it changes is put back.
    private func optimizer() -> KernelRow {
        let (trainer, owned) = (subject.trainer, subject.trainer.reduction.owned)
        let arena = trainer.network.arena
        let (values, kept) = (arena.values, AlignedBuffer<Float>(count: arena.storageCount))
        let gradient = AlignedBuffer<Float>(count: arena.storageCount)
        for element in owned.stretches.lazy.flatMap(\.elements) {
            kept[element] = values[element]
            gradient[element] = 0.001
        }
        let times = (0..<max(steps, 9)).map { step in
            ContinuousClock().measure {
                trainer.optimizer.update(
                    gradient: gradient.base, learningRate: trainer.learningRate(at: 0), update: step)
            } / .microseconds(1)
        }
        for element in owned.stretches.lazy.flatMap(\.elements) { values[element] = kept[element] }
        trainer.optimizer.reset()
        return KernelRow(
            kernel: "optimizer", pass: "update", microseconds: times.median,
            bytes: owned.count * Self.bytes * (3 + 2 * trainer.optimizer.slotNames.count))
    }
}
