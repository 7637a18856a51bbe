/// Sixteen lanes of a scalar without vectors, one number after the other.
public struct PlainLanes<Scalar: TrainingScalar>: ScalarLanes {
    private var numbers: InlineArray<16, Scalar>

    public init(repeating value: Scalar) { numbers = InlineArray(repeating: value) }

    public init(_ source: UnsafePointer<Scalar>, count: Int) {
        numbers = InlineArray(repeating: .zero)
        for j in 0..<count { numbers[j] = source[j] }
    }

    public func store(_ target: UnsafeMutablePointer<Scalar>, count: Int) {
        for j in 0..<count { target[j] = numbers[j] }
    }

    public static func + (a: Self, b: Self) -> Self { map(a, b) { $0 + $1 } }
    public static func - (a: Self, b: Self) -> Self { map(a, b) { $0 - $1 } }
    public static func * (a: Self, b: Self) -> Self { map(a, b) { $0 * $1 } }
    public static func / (a: Self, b: Self) -> Self { map(a, b) { $0 / $1 } }
    public static func larger(_ a: Self, _ b: Self) -> Self { map(a, b) { $1 > $0 ? $1 : $0 } }

    public func replacingFirst(_ count: Int, with new: Self) -> Self {
        var result = self
        for j in 0..<count { result.numbers[j] = new.numbers[j] }
        return result
    }

    public static func multiplyAdd(_ a: Self, _ b: Self, _ c: Self) -> Self {
        var result = c
        for j in 0..<16 { result.numbers[j] = Scalar.multiplyAdd(a.numbers[j], b.numbers[j], c.numbers[j]) }
        return result
    }

    public var sum: Scalar { joined { $0 + $1 } }
    public var largest: Scalar { joined { $1 > $0 ? $1 : $0 } }

    private static func map(_ a: Self, _ b: Self, _ operation: (Scalar, Scalar) -> Scalar) -> Self {
        var result = a
        for j in 0..<16 { result.numbers[j] = operation(a.numbers[j], b.numbers[j]) }
        return result
    }

    private func joined(by join: (Scalar, Scalar) -> Scalar) -> Scalar {
        var numbers = numbers
        var distance = 8
        while distance > 0 {
            for j in 0..<distance { numbers[j] = join(numbers[j], numbers[j + distance]) }
            distance /= 2
        }
        return numbers[0]
    }
}
