import Core
import Storage

/// A network of a checkpoint that says what may follow a text.
package final class TextPredictor {
    /// The most bytes that it looks at: the length of the windows that it was trained on.
    package let length: Int

    private let network: Network<Float>
    private let input: AlignedBuffer<Float>
    private let seed: UInt64

    /// Builds the network that the checkpoint's configuration describes and gives it the checkpoint's parameters.
    ///
    /// - Parameter path: the checkpoint, for messages.
    /// - Throws: `RunFailure`, exit code 64 if the network is none that goes on with a text, 65 if the checkpoint does not fit its
    ///   own configuration.
    package init(_ checkpoint: Checkpoint, path: String) throws {
        func failure(_ code: ExitCode, _ what: String) -> RunFailure {
            RunFailure(code, "cannot generate from \(path): \(what)")
        }
        let configuration = try Configuration(yaml: checkpoint.config, file: path)
        guard case .text(let text) = configuration.data else {
            throw failure(.usage, "its run was not trained on a text (its configuration has no data.text)")
        }
        guard configuration.loss is SoftmaxCrossEntropyDescription else {
            throw failure(
                .usage,
                "its run was trained with \(configuration.loss.kind), and only softmaxCrossEntropy makes of the "
                    + "outputs what a choice needs")
        }
        length = text.length
        seed = configuration.seed
        network = try Network(configuration.network, inputShape: [length])
        guard network.outputShape.rowCount == length, network.outputShape.last == TextWindows.classCount else {
            throw failure(.badData, "its outputs are \(network.outputShape), not \([length, TextWindows.classCount])")
        }
        if let mismatch = network.arena.mismatch(with: checkpoint) { throw failure(.badData, mismatch) }
        network.arena.seal(rootCount: 1)
        network.arena.load(checkpoint)
        network.prepare(limits: PassLimits(rows: 1, shards: 1, roots: 1))
        input = AlignedBuffer(count: length)
        if let place = firstPlaceThatLooksAhead() {
            throw failure(
                .usage,
                "what it says after \(place + 1) bytes of a window depends on the bytes that follow, which are not there yet; "
                    + "it takes a causal network, whose outputs at a place depend on that place and those before")
        }
    }

    /// What the network says of each byte that may follow `text`, of which it sees the last `length` bytes at most.
    ///
    /// - Precondition: the text has at least one byte.
    package func outputs(after text: [UInt8]) -> [Float] {
        precondition(!text.isEmpty, "nothing to go on with")
        let seen = text.suffix(length)
        // What is behind a shorter text has no say in the output at its last place.
        let window = Array(seen) + [UInt8](repeating: 0, count: length - seen.count)
        return Array(outputs(of: window).row(0, seen.count - 1, classes: TextWindows.classCount))
    }

    /// The outputs at every place of one window, valid until the next call.
    private func outputs(of window: [UInt8]) -> TensorView<Float> {
        for (place, byte) in window.enumerated() { input[place] = Float(byte) }
        return network.forward(
            TensorView(base: input.base, rows: 1, sampleShape: [length]),
            context: PassContext(
                mode: .inference, seed: seed, step: 0, globalRows: 1, firstPosition: 0,
                shards: ShardLayout(rows: 1, shards: 1), batchReduction: SingleBatchReduction()))
    }

    /// The most borders at which a window is changed to see whether a network looks ahead.
    private static let borderCount = 16

    /// A place whose output changes when bytes behind it do; nil if there is none.
    ///
    /// Compares the outputs on one window with those on others, in which all bytes from a border on are different: they have to
    /// have the same bits before the border. Every border is tried, or of a long window some, the first and the last among them.
    private func firstPlaceThatLooksAhead() -> Int? {
        let count = min(length - 1, Self.borderCount)
        guard count > 0 else { return nil }
        let borders = (0..<count).map { 1 + (count == 1 ? 0 : $0 * (length - 2) / (count - 1)) }
        let window = (0..<length).map { UInt8(truncatingIfNeeded: 32 + $0 * 7) }
        let classes = TextWindows.classCount
        let before = outputs(of: window).elements.map(\.bitPattern)
        for border in borders {
            let changed = window.enumerated().map { $0 < border ? $1 : $1 ^ 0x55 }
            let after = outputs(of: changed)
            for element in 0..<(border * classes) where after.base[element].bitPattern != before[element] {
                return element / classes
            }
        }
        return nil
    }
}

extension TensorView<Float> {
    /// The outputs at one place of a row.
    fileprivate func row(_ row: Int, _ place: Int, classes: Int) -> UnsafeBufferPointer<Float> {
        UnsafeBufferPointer(start: self.row(row) + place * classes, count: classes)
    }
}
