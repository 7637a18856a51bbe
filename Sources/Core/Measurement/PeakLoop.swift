import CSystem

/// A loop of nothing but fused multiply-adds in registers: the core's peak, measured.
public enum PeakLoop {
    /// The bits of the widest vectors that the build targets.
    public static var vectorBits: Int { Int(dtrain_vector_bytes()) * 8 }

    /// GFLOP/s of one short run.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func rate<Scalar: VectorScalar>(_: Scalar.Type) -> Double {
        let steps = 50_000
        var sum = Scalar.zero
        // Enough chains to cover the latency of two units, no more than the registers hold.
        let chainCount = dtrain_vector_bytes() == 64 ? 12 : 6
        let time = Stopwatch.nanoseconds {
            sum =
                chainCount == 12
                ? run(steps, InlineArray<12, Scalar.Vector>(repeating: Scalar.Vector()))
                : run(steps, InlineArray<6, Scalar.Vector>(repeating: Scalar.Vector()))
        }
        precondition(sum.isFinite)
        return Double(steps * chainCount * 2 * (64 / MemoryLayout<Scalar>.stride)) / time
    }

    @inline(never)
    private static func run<let count: Int, Scalar: VectorScalar>(
        _ steps: Int, _ start: InlineArray<count, Scalar.Vector>
    ) -> Scalar {
        var chains = start
        let factor = Scalar.Vector(repeating: Scalar(0.999_9))
        let addend = Scalar.Vector(repeating: Scalar(0.000_1))
        var i = 0
        while i < steps {
            for c in 0..<count { chains[unchecked: c] = Scalar.multiplyAdd(chains[unchecked: c], factor, addend) }
            i &+= 1
        }
        var sum = Scalar.Vector()
        for c in 0..<count { sum = Scalar.add(sum, chains[unchecked: c]) }
        return sum[0]
    }
}
