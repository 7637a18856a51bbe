import Core

/// Times the products of one shape at the samples of one pass, cut into calls as the layer cuts them.
final class ProductTimer {
    private let shape: ProductShape
    private let layout: ShardLayout
    private let native: Calls
    private let blas: Calls
    /// The rows that x, y and dX are of: a sample's, where the layer goes sample by sample.
    private var rows: Int { shape.rowsPerSample * (shape.calls == .sample ? 1 : layout.rows) }

    /// The measuring takes as many rounds as fit into this, within bounds.
    private static let nanosecondsPerProduct = 4e7

    init(_ shape: ProductShape, layout: ShardLayout) {
        self.shape = shape
        self.layout = layout
        native = Calls(shape, .native, layout)
        blas = Calls(shape, .blas, layout)
    }

    /// The rows for a product and its gradients.
    func rows(for product: NetworkProducts.Product) -> [ProductRow] {
        let x = buffer(rows * shape.inputs)
        let w = buffer(shape.inputs * shape.outputs)
        let y = buffer(rows * shape.outputs)
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
        _ name: String, _ product: NetworkProducts.Product, _ body: @escaping (Calls) -> Void
    ) -> ProductRow {
        let flops = shape.flops(samples: layout.rows)
        for calls in [native, blas] { body(calls) }
        let once = Stopwatch.nanoseconds { body(native) } + Stopwatch.nanoseconds { body(blas) }
        // At least a twentieth of a millisecond a sample.
        let repeats = max(1, Int(1e5 / max(once, 1)))
        let rounds = max(3, min(31, Int(Self.nanosecondsPerProduct / max(once * Double(repeats), 1))))
        var times = (native: [Double](), blas: [Double]())
        var shares = (native: [Double](), blas: [Double]())
        func time(_ calls: Calls) -> Double {
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
            inputs: shape.inputs, outputs: shape.outputs, calls: shape.calls.rawValue, shards: layout.shardCount,
            flops: flops, nativeMicroseconds: times.native.median / 1e3, nativeGflops: flops / times.native.median,
            nativeShareOfPeak: shares.native.median, blasMicroseconds: times.blas.median / 1e3,
            blasGflops: flops / times.blas.median, blasShareOfPeak: shares.blas.median)
    }

    private func buffer(_ count: Int) -> AlignedBuffer<Float> {
        let buffer = AlignedBuffer<Float>(count: count)
        for i in 0..<count { buffer.base[i] = Float((i &* 7919) % 2003) / 1001 - 1 }
        return buffer
    }

    /// The calls of one backend.
    private final class Calls {
        private let shape: ProductShape
        private let layout: ShardLayout
        private let product: MatrixProduct<Float>
        private let oneSample = ShardLayout(rows: 1, shards: 1)

        init(_ shape: ProductShape, _ backend: ProductBackend, _ layout: ShardLayout) {
            self.shape = shape
            self.layout = layout
            product = MatrixProduct(
                inputs: shape.inputs, outputs: shape.outputs, rowsPerSample: shape.rowsPerSample, backend: backend)
            product.prepare(
                limits: shape.calls == .sample
                    ? PassLimits(rows: 1, shards: 1, roots: 1)
                    : PassLimits(rows: layout.rows, shards: layout.shardCount, roots: layout.roots.count),
                keepsWeight: cut.count > 1)
        }

        /// How often a pass calls, and for how many rows.
        private var cut: (count: Int, rows: Int) {
            switch shape.calls {
            case .batch: (1, layout.rows * shape.rowsPerSample)
            case .sample: (layout.rows, shape.rowsPerSample)
            case .step: (shape.rowsPerSample, layout.rows)
            }
        }

        func forward(_ x: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>) {
            for _ in 0..<cut.count { product.forward(x, rows: cut.rows, weight: w, bias: nil, into: y) }
        }

        func inputGradient(_ dY: UnsafePointer<Float>, _ w: UnsafePointer<Float>, into dX: UnsafeMutablePointer<Float>)
        {
            for call in 0..<cut.count {
                product.inputGradient(dY, rows: cut.rows, weight: w, weightIsUnchanged: call > 0, into: dX)
            }
        }

        func weightGradient(
            _ x: UnsafePointer<Float>, _ dY: UnsafePointer<Float>, into dW: UnsafeMutablePointer<Float>
        ) {
            guard shape.calls != .sample else {
                for _ in 0..<layout.rows { product.weightGradient(x, dY, layout: oneSample, root: 0, into: dW) }
                return
            }
            for root in layout.roots.indices {
                product.weightGradient(x, dY, layout: layout, root: root, into: dW)
            }
        }
    }
}
