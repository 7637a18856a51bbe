import CBLAS
import Core

/// One product of one shape: forward, input gradient or weight gradient, ours and OpenBLAS's.
struct ProductCase {
    enum Kind: String {
        case forward
        case inputGradient = "dX"
        case weightGradient = "dW"
    }

    let kind: Kind
    let rows: Int
    let inputs: Int
    let outputs: Int
    var shards = 1
    /// What the design asks for, as a share of the peak.
    var goal: Double?

    static let all: [ProductCase] = {
        var cases = [
            ProductCase(kind: .forward, rows: 64, inputs: 784, outputs: 240),
            ProductCase(kind: .forward, rows: 64, inputs: 784, outputs: 256, goal: 0.85),
            ProductCase(kind: .forward, rows: 256, inputs: 784, outputs: 256),
            ProductCase(kind: .forward, rows: 8, inputs: 784, outputs: 256),
            ProductCase(kind: .forward, rows: 1, inputs: 784, outputs: 256),
            ProductCase(kind: .forward, rows: 64, inputs: 256, outputs: 128),
            ProductCase(kind: .forward, rows: 64, inputs: 128, outputs: 10),
            ProductCase(kind: .forward, rows: 256, inputs: 4096, outputs: 1024),
            ProductCase(kind: .inputGradient, rows: 64, inputs: 256, outputs: 128),
            ProductCase(kind: .inputGradient, rows: 256, inputs: 256, outputs: 128),
            ProductCase(kind: .inputGradient, rows: 64, inputs: 784, outputs: 256),
            ProductCase(kind: .inputGradient, rows: 64, inputs: 128, outputs: 10),
            ProductCase(kind: .inputGradient, rows: 256, inputs: 1024, outputs: 4096),
        ]
        for (inputs, outputs) in [(784, 256), (256, 128)] {
            for (rows, goal) in [(8, nil), (16, nil), (32, 0.85), (64, 0.85)] as [(Int, Double?)] {
                cases.append(
                    ProductCase(
                        kind: .weightGradient, rows: rows, inputs: inputs, outputs: outputs,
                        goal: inputs == 784 ? goal : nil))
            }
            for (rows, goal) in [(8, 0.60), (16, nil), (32, 0.75), (64, nil)] as [(Int, Double?)] {
                cases.append(
                    ProductCase(
                        kind: .weightGradient, rows: 8 * rows, inputs: inputs, outputs: outputs, shards: 8,
                        goal: inputs == 784 ? goal : nil))
            }
        }
        cases.append(ProductCase(kind: .weightGradient, rows: 64, inputs: 128, outputs: 10, shards: 8))
        for rows in [256, 512, 4096] {
            for kind in [Kind.forward, .inputGradient] {
                cases.append(ProductCase(kind: kind, rows: rows, inputs: 4096, outputs: 4096, goal: 0.85))
            }
            for shards in [1, 8] {
                cases.append(
                    ProductCase(
                        kind: .weightGradient, rows: rows, inputs: 4096, outputs: 4096, shards: shards, goal: 0.85))
            }
        }
        return cases
    }()

    var name: String { "\(kind.rawValue) \(rows)×\(outputs)×\(inputs)" + (shards > 1 ? ", \(shards) shards" : "") }

    /// Both scalars, each round ours, OpenBLAS's and the peak one after the other, so that all meet the same machine.
    func measure(repeats: Int) -> [ProductResult] {
        [
            run(Float.self, "Float", repeats) { cblas_sgemm($0, $1, $2, $3, $4, $5, 1, $6, $7, $8, $9, 0, $10, $11) },
            run(Double.self, "Double", repeats) { cblas_dgemm($0, $1, $2, $3, $4, $5, 1, $6, $7, $8, $9, 0, $10, $11) },
        ]
    }

    private typealias Gemm<Scalar> = (
        CBLAS_ORDER, CBLAS_TRANSPOSE, CBLAS_TRANSPOSE, blasint, blasint, blasint, UnsafePointer<Scalar>, blasint,
        UnsafePointer<Scalar>, blasint, UnsafeMutablePointer<Scalar>, blasint
    ) -> Void

    private func run<Scalar: VectorScalar>(
        _: Scalar.Type, _ name: String, _ repeats: Int, _ gemm: @escaping Gemm<Scalar>
    ) -> ProductResult {
        let x = buffer(rows * inputs, of: Scalar.self)
        let w = buffer(inputs * outputs, of: Scalar.self)
        let y = buffer(rows * outputs, of: Scalar.self)
        let dX = buffer(rows * inputs, of: Scalar.self)
        let product = MatrixProduct<Scalar>(inputs: inputs, outputs: outputs, backend: .native)
        product.prepare(limits: PassLimits(rows: rows, shards: shards, roots: 1))
        let layout = ShardLayout(rows: rows, shards: shards)
        let (n, i, o) = (blasint(rows), blasint(inputs), blasint(outputs))

        let native: () -> Void =
            switch kind {
            case .forward: { product.forward(x.base, rows: rows, weight: w.base, bias: nil, into: y.base) }
            case .inputGradient: { product.inputGradient(y.base, rows: rows, weight: w.base, into: dX.base) }
            case .weightGradient: { product.weightGradient(x.base, y.base, layout: layout, root: 0, into: w.base) }
            }
        // The whole batch in one call, row-major: what a trainer without shards would do.
        let blas: () -> Void =
            switch kind {
            case .forward: { gemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, n, o, i, x.base, i, w.base, o, y.base, o) }
            case .inputGradient:
                { gemm(CblasRowMajor, CblasNoTrans, CblasTrans, n, i, o, y.base, o, w.base, o, dX.base, i) }
            case .weightGradient:
                { gemm(CblasRowMajor, CblasTrans, CblasNoTrans, i, o, n, x.base, i, y.base, o, w.base, o) }
            }

        let work = 2 * Double(rows) * Double(inputs) * Double(outputs)
        // At least a tenth of a millisecond a sample.
        let calls = max(1, Int(1e7 / work))
        // A product that takes a second needs no hundred rounds.
        let rounds = min(repeats, max(5, Int(3e11 / work)))
        var nativeRates: [Double] = []
        var blasRates: [Double] = []
        var peaks: [Double] = []
        for _ in 0..<(work < 1e9 ? 3 : 1) {
            native()
            blas()
        }
        for _ in 0..<rounds {
            peaks.append(PeakLoop.rate(Scalar.self))
            nativeRates.append(work * Double(calls) / Stopwatch.nanoseconds { for _ in 0..<calls { native() } })
            blasRates.append(work * Double(calls) / Stopwatch.nanoseconds { for _ in 0..<calls { blas() } })
        }
        return ProductResult(
            name: self.name, scalar: name, peak: peaks.median, native: nativeRates.median,
            nativeBest: nativeRates.max()!,
            share: zip(nativeRates, peaks).map { $0 / $1 }.median, blas: blasRates.median,
            ratio: zip(nativeRates, blasRates).map { $0 / $1 }.median, goal: Scalar.self == Float.self ? goal : nil)
    }

    private func buffer<Scalar: TrainingScalar>(_ count: Int, of: Scalar.Type) -> AlignedBuffer<Scalar> {
        let buffer = AlignedBuffer<Scalar>(count: count)
        for i in 0..<count { buffer[i] = Scalar(Double((i &* 7919) % 2003) / 1001 - 1) }
        return buffer
    }
}

/// Rates in GFLOP/s.
struct ProductResult {
    let name: String
    let scalar: String
    let peak: Double
    let native: Double
    let nativeBest: Double
    /// The median over the rounds of native / peak.
    let share: Double
    let blas: Double
    /// The median over the rounds of native / OpenBLAS.
    let ratio: Double
    let goal: Double?
}
