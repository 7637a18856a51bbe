import Core
import Testing

@Suite struct WritePrefetchTests {
    private let nothing = UnsafeMutableRawBufferPointer(start: nil, count: 0)

    private func bytes(_ buffer: AlignedBuffer<UInt8>) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(buffer.elements)
    }

    /// The line of `buffer` that is next; nil if it is elsewhere.
    private func line(_ prefetch: WritePrefetch, in buffer: AlignedBuffer<UInt8>) -> Int? {
        let offset = prefetch.next - UnsafeMutableRawPointer(buffer.base)
        return offset >= 0 && offset < buffer.count && offset % 64 == 0 ? offset / 64 : nil
    }

    /// What a product asks for lies inside the memory given, the parameters last and when they may be, reaches the last line where
    /// the product takes long enough, and changes no bit. Of 1,400 rows X is larger than a second-level cache.
    @Test(arguments: [
        (64, 1 << 12, true), (300, 1 << 12, true), (1400, 1 << 19, true), (64, 1 << 20, false), (16, 100, true),
    ])
    func productsAskForLinesInside(rows: Int, byteCount: Int, endIsReached: Bool) throws {
        let (inputs, outputs) = (200, 49)
        let x: AlignedBuffer<Float> = fill(rows * inputs, seed: 1)
        let dY: AlignedBuffer<Float> = fill(rows * outputs, seed: 2)
        let (gradients, parameters) = (AlignedBuffer<UInt8>(count: byteCount), AlignedBuffer<UInt8>(count: byteCount))
        let prefetch = try #require(
            WritePrefetch(gradients: [nothing, bytes(gradients)], parameters: [bytes(parameters)]))
        prefetch.restart(updatesFollow: true)
        let limits = PassLimits(rows: rows, shards: 4, roots: 1)
        let layout = ShardLayout(rows: rows, shards: 4)
        let products = (0..<2).map { _ in MatrixProduct<Float>(inputs: inputs, outputs: outputs, backend: .native) }
        for product in products { product.prepare(limits: limits) }
        let results = (0..<3).map { _ in AlignedBuffer<Float>(count: inputs * outputs) }
        products[0].weightGradient(x.base, dY.base, layout: layout, root: 0, into: results[0].base)
        let lastLine = (byteCount - 1) / 64
        for memory in [gradients, parameters, parameters] {
            products[0].weightGradient(
                x.base, dY.base, layout: layout, root: 0, into: results[1].base, meanwhile: prefetch)
            #expect(difference(results[1], results[0]) == nil)
            if endIsReached {
                #expect(line(prefetch, in: memory) == lastLine)
                prefetch.goOnToParameters()
            } else {
                let asked = try #require(line(prefetch, in: gradients))
                #expect(asked > 0)
            }
        }
        // Two products at once ask for what one would have.
        prefetch.restart(updatesFollow: true)
        products[0].weightGradient(
            x.base, dY.base, layout: layout, root: 0, into: results[1].base, alongside: products[1], x.base,
            into: results[2].base, meanwhile: prefetch)
        #expect(difference(results[1], results[0]) == nil && difference(results[2], results[0]) == nil)
        let asked = try #require(line(prefetch, in: gradients))
        #expect(asked > 0)
    }

    /// The layers' products ask, and for parameters once no gradient is handed on, if they are updated after this pass.
    @Test(arguments: [
        ("linear", LinearDescription(outputs: 32) as any LayerDescription),
        ("lstm", LSTMDescription(outputs: 32)), ("attention", AttentionDescription()),
    ])
    func layersAsk(kind: String, layer: any LayerDescription) throws {
        let network = try TestNetwork<Float>(layer, inputShape: [6, 32], rowCounts: [16, 16])
        let (gradients, parameters) = (AlignedBuffer<UInt8>(count: 256), AlignedBuffer<UInt8>(count: 256))
        let prefetch = try #require(WritePrefetch(gradients: [bytes(gradients)], parameters: [bytes(parameters)]))
        network.writePrefetch = prefetch
        let x = (0..<(32 * 6 * 32)).map { Double($0 % 7) / 7 }
        let dY = network.forward(x).indices.map { Double($0 % 5) }
        for (updatesFollow, needsGradient, memory) in [
            (true, false, parameters), (false, false, gradients), (true, true, gradients),
        ] {
            prefetch.restart(updatesFollow: updatesFollow)
            _ = network.forward(x)
            if needsGradient { _ = network.backward(dY) } else { network.backwardForParameters(dY) }
            #expect(line(prefetch, in: memory) == 3, "\(updatesFollow), \(needsGradient)")
        }
    }

    @Test func nothingAndTooMuchAreNone() {
        #expect(WritePrefetch(gradients: [], parameters: [nothing]) == nil)
        let large = AlignedBuffer<UInt8>(count: 5 << 20)
        #expect(WritePrefetch(gradients: [bytes(large)], parameters: [nothing]) != nil)
        #expect(WritePrefetch(gradients: [bytes(large)], parameters: [bytes(large)]) == nil)
    }
}
