import Core
import Testing

/// Pins the bits of every kernel: with or without fused multiply-add instructions, with tiles of any shape, on any CPU, the
/// numbers are these. A change here changes every run that was ever recorded.
struct KernelBitsTests {
    private struct Digest {
        private(set) var value: UInt64 = 0xCBF2_9CE4_8422_2325

        /// FNV-1a, a word at a time; every NaN is the same.
        mutating func add(_ number: Double) {
            value = (value ^ (number.isNaN ? 0x7FC0_0000 : number.bitPattern)) &* 0x100_0000_01B3
        }
    }

    private func numbers<Scalar: TrainingScalar>(_ count: Int, seed: UInt64, of: Scalar.Type) -> AlignedBuffer<Scalar> {
        let buffer = AlignedBuffer<Scalar>(count: count)
        for i in 0..<count {
            let words = Philox.block(key: seed, counter: SIMD4(UInt32(i), 0, 0, 0))
            let magnitude = Double.exp(-6 * Philox.unitDouble(words.z, words.w))
            buffer[i] = Scalar((2 * Philox.unitDouble(words.x, words.y) - 1) * magnitude)
        }
        return buffer
    }

    private func products<Scalar: TrainingScalar>(of scalar: Scalar.Type) -> UInt64 {
        let (rows, inputs, outputs) = (37, 101, 83)
        let x = numbers(rows * inputs, seed: 1, of: scalar)
        let w = numbers(inputs * outputs, seed: 2, of: scalar)
        let dY = numbers(rows * outputs, seed: 3, of: scalar)
        let y = AlignedBuffer<Scalar>(count: rows * outputs)
        let dX = AlignedBuffer<Scalar>(count: rows * inputs)
        let dW = AlignedBuffer<Scalar>(count: inputs * outputs)
        let product = MatrixProduct<Scalar>(inputs: inputs, outputs: outputs, backend: .native)
        product.prepare(limits: PassLimits(rows: rows, shards: 8, roots: 1))
        product.forward(x.base, rows: rows, weight: w.base, bias: nil, into: y.base)
        product.inputGradient(dY.base, rows: rows, weight: w.base, into: dX.base)
        product.weightGradient(
            x.base, dY.base, layout: ShardLayout(rows: rows, shards: 8), root: 0, into: dW.base)
        var digest = Digest()
        for buffer in [y, dX, dW] {
            for i in 0..<buffer.count { digest.add(buffer[i].real) }
        }
        return digest.value
    }

    private func functions<Scalar: TrainingScalar>(of scalar: Scalar.Type) -> UInt64 {
        let x = numbers(4000, seed: 1, of: scalar)
        var digest = Digest()
        for i in 0..<x.count {
            let argument = Scalar(20) * x[i]
            digest.add(Scalar.exp(argument).real)
            digest.add(Scalar.log(argument).real)
            digest.add(Scalar.tanh(argument).real)
            digest.add(Scalar.sigmoid(argument).real)
            digest.add(Scalar.squareRoot(argument).real)
        }
        digest.add(RowReduction.sum(x.base, count: x.count).real)
        return digest.value
    }

    @Test func productsHaveTheseBits() {
        #expect(products(of: Float.self) == 0xE446_AF52_A29A_5767)
        #expect(products(of: Double.self) == 0xDA52_6349_74C5_F8B4)
    }

    @Test func functionsHaveTheseBits() {
        #expect(functions(of: Float.self) == 0xB2B2_578D_524D_2F5F)
        #expect(functions(of: Double.self) == 0x6D34_397A_B183_6F98)
        var digest = Digest()
        for i in 0..<5000 {
            let x = Double(i) * 0.37 - 900
            digest.add(Double.sin(x))
            digest.add(Double.cos(x * 1e5))
            digest.add(Double.pow(Double(i) / 1000 + 0.001, x / 100))
        }
        #expect(digest.value == 0x74BA_1101_DF3E_EC22)
        var errors = Digest()
        for i in 0..<5000 {
            let x = Double(i) * 0.0013
            errors.add(Double.erf(x))
            errors.add(Double(Float.erf(Float(x))))
        }
        #expect(errors.value == 0x1FBB_9873_C934_3E99)
    }
}
