/// A batch of samples in memory that somebody else owns: `[N] + sampleShape`, row-major, contiguous.
public struct TensorView<Scalar: TrainingScalar> {
    /// The first element of the first row.
    public let base: UnsafeMutablePointer<Scalar>
    /// N, the number of samples; may be 0.
    public let rows: Int
    /// The shape of one sample.
    public let sampleShape: Shape

    public init(base: UnsafeMutablePointer<Scalar>, rows: Int, sampleShape: Shape) {
        self.base = base
        self.rows = rows
        self.sampleShape = sampleShape
    }

    /// The elements of one sample.
    public var width: Int { sampleShape.elementCount }

    /// The elements of all samples.
    public var count: Int { rows * width }

    public var elements: UnsafeMutableBufferPointer<Scalar> {
        UnsafeMutableBufferPointer(start: base, count: count)
    }

    /// The first element of row `row`.
    @inline(__always)
    public func row(_ row: Int) -> UnsafeMutablePointer<Scalar> {
        base + row * width
    }
}
