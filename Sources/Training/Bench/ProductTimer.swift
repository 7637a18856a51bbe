import Core

/// Times the products of one shape at the samples of one pass, cut into calls as the layer cuts them.
final class ProductTimer {
    private let shape: ProductShape
    private let layout: ShardLayout
    private let native: any ProductCalls
    private let blas: any ProductCalls

    /// The measuring takes as many rounds as fit into this, within bounds.
    private static let nanosecondsPerProduct = 4e7

    init(_ shape: ProductShape, layout: ShardLayout) {
        self.shape = shape
        self.layout = layout
        native = Self.calls(shape, .native, layout)
        blas = Self.calls(shape, .blas, layout)
    }

    private static func calls(_ shape: ProductShape, _ backend: ProductBackend, _ layout: ShardLayout)
        -> any ProductCalls
    {
        let product = MatrixProduct<Float>(
            inputs: shape.inputs, outputs: shape.outputs, rowsPerSample: shape.rowsPerSample, backend: backend)
        guard case .convolution(let convolution) = shape.calls else { return MatrixCalls(product, shape, layout) }
        return ConvolutionCalls(Float.makeConvolutionKernel(convolution, product: product), convolution, layout)
    }

    /// The rows for a product and its gradients.
    func rows(for product: NetworkProducts.Product) -> [ProductRow] {
        let x = buffer(native.inputCount)
        let w = buffer(shape.inputs * shape.outputs)
        let y = buffer(layout.rows * shape.rowsPerSample * shape.outputs)
        var results = [
            row("forward", product) { calls in calls.forward(x.base, w.base, into: y.base) }
        ]
        if product.needsInputGradient {
            results.append(row("dX", product) { calls in calls.inputGradient(y.base, w.base, into: x.base) })
        }
        results.append(row("dW", product) { calls in calls.weightGradient(x.base, y.base, into: w.base) })
        return results
    }

    /// Each round both backends and the peak, one after the other, so that all meet the same machine.
    private func row(
        _ name: String, _ product: NetworkProducts.Product, _ body: @escaping (any ProductCalls) -> Void
    ) -> ProductRow {
        let flops = shape.flops(samples: layout.rows)
        for calls in [native, blas] { body(calls) }
        let once = Stopwatch.nanoseconds { body(native) } + Stopwatch.nanoseconds { body(blas) }
        // At least a twentieth of a millisecond a sample.
        let repeats = max(1, Int(1e5 / max(once, 1)))
        let rounds = max(3, min(31, Int(Self.nanosecondsPerProduct / max(once * Double(repeats), 1))))
        var times = (native: [Double](), blas: [Double]())
        var shares = (native: [Double](), blas: [Double]())
        func time(_ calls: any ProductCalls) -> Double {
            Stopwatch.nanoseconds { for _ in 0..<repeats { body(calls) } } / Double(repeats)
        }
        for _ in 0..<rounds {
            let peak = PeakLoop.rate(Float.self)
            times.native.append(time(native))
            times.blas.append(time(blas))
            shares.native.append(flops / times.native.last! / peak)
            shares.blas.append(flops / times.blas.last! / peak)
        }
        return ProductRow(
            weights: product.weights, product: name, samples: layout.rows, rowsPerSample: shape.rowsPerSample,
            inputs: shape.inputs, outputs: shape.outputs, calls: shape.calls.name, shards: layout.shardCount,
            flops: flops, nativeMicroseconds: times.native.median / 1e3, nativeGflops: flops / times.native.median,
            nativeShareOfPeak: shares.native.median, blasMicroseconds: times.blas.median / 1e3,
            blasGflops: flops / times.blas.median, blasShareOfPeak: shares.blas.median)
    }

    private func buffer(_ count: Int) -> AlignedBuffer<Float> {
        let buffer = AlignedBuffer<Float>(count: count)
        for i in 0..<count { buffer.base[i] = Float((i &* 7919) % 2003) / 1001 - 1 }
        return buffer
    }
}
