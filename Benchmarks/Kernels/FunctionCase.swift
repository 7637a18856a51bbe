import Core

/// One function over a vector that stays in the first-level cache.
struct FunctionCase {
    let name: String
    let scalar: String
    private let elements: Int
    private let run: () -> Void

    static var all: [FunctionCase] { cases(Float.self, "Float") + cases(Double.self, "Double") + [philox] }

    private static func cases<Scalar: TrainingScalar>(_: Scalar.Type, _ scalar: String) -> [FunctionCase] {
        let count = 2048
        let x = AlignedBuffer<Scalar>(count: count)
        let y = AlignedBuffer<Scalar>(count: count)
        for i in 0..<count { x[i] = Scalar(Double(i % 257) / 32 + 0.01) }
        func function(_ name: String, _ body: @escaping () -> Void) -> FunctionCase {
            FunctionCase(name: name, scalar: scalar, elements: count, run: body)
        }
        return [
            function("exp") { map(x.base, y.base, count, Scalar.exp) },
            function("log") { map(x.base, y.base, count, Scalar.log) },
            function("tanh") { map(x.base, y.base, count, Scalar.tanh) },
            function("sigmoid") { map(x.base, y.base, count, Scalar.sigmoid) },
            function("row sum") { y[0] = RowReduction.sum(x.base, count: count) },
            function("row maximum") { y[0] = RowReduction.maximum(x.base, count: count) },
        ]
    }

    @inline(__always)
    private static func map<Scalar: TrainingScalar>(
        _ x: UnsafePointer<Scalar>, _ y: UnsafeMutablePointer<Scalar>, _ count: Int, _ function: (Scalar) -> Scalar
    ) {
        for i in 0..<count { y[i] = function(x[i]) }
    }

    private static var philox: FunctionCase {
        let words = AlignedBuffer<UInt32>(count: 2048)
        return FunctionCase(name: "philox words", scalar: "UInt32", elements: 2048) {
            Philox.fill(words.base, count: 2048, key: 1, position: 2, step: 3, purpose: .dropout, ordinal: 4)
        }
    }

    func measure(repeats: Int) -> FunctionResult {
        let calls = 50
        run()
        let times = (0..<repeats).map { _ in
            Stopwatch.nanoseconds { for _ in 0..<calls { run() } } / Double(calls * elements)
        }
        return FunctionResult(name: name, scalar: scalar, nanoseconds: times.median)
    }
}

/// The time of one element.
struct FunctionResult {
    let name: String
    let scalar: String
    let nanoseconds: Double
}
