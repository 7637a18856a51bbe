/// Functions and sums, element by element, where the result may lie where an argument did.
public enum Elementwise {
    /// Computes Y = f(X). Y may be X.
    ///
    /// - Complexity: no allocation.
    @inline(__always)
    static func map<Scalar: TrainingScalar>(
        _ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int, _ f: (Scalar) -> Scalar
    ) {
        // A loop each: of two places that may be one the compiler makes no vectors where they are.
        if x == UnsafePointer(y) {
            for i in 0..<count { y[i] = f(y[i]) }
        } else {
            for i in 0..<count { y[i] = f(x[i]) }
        }
    }

    /// Computes Y = f(X) and keeps f′(X). Y may be X.
    ///
    /// - Parameter f: the function and its slope.
    /// - Complexity: no allocation.
    @inline(__always)
    static func map<Scalar: TrainingScalar>(
        _ x: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, slopes: UnsafeMutablePointer<Scalar>,
        count: Int, _ f: (Scalar) -> (value: Scalar, slope: Scalar)
    ) {
        if x == UnsafePointer(y) {
            for i in 0..<count {
                let (value, slope) = f(y[i])
                y[i] = value
                slopes[i] = slope
            }
        } else {
            for i in 0..<count {
                let (value, slope) = f(x[i])
                y[i] = value
                slopes[i] = slope
            }
        }
    }

    /// Computes Y = A + B. Y may be A or B.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public static func add<Scalar: TrainingScalar>(
        _ a: UnsafePointer<Scalar>, _ b: UnsafePointer<Scalar>, into y: UnsafeMutablePointer<Scalar>, count: Int
    ) {
        if a == UnsafePointer(y) {
            for i in 0..<count { y[i] = y[i] + b[i] }
        } else if b == UnsafePointer(y) {
            for i in 0..<count { y[i] = a[i] + y[i] }
        } else {
            for i in 0..<count { y[i] = a[i] + b[i] }
        }
    }

    /// Computes dX = dY·s.
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    static func multiply<Scalar: TrainingScalar>(
        _ dY: UnsafePointer<Scalar>, _ slopes: UnsafePointer<Scalar>, into dX: UnsafeMutablePointer<Scalar>, count: Int
    ) {
        for i in 0..<count { dX[i] = dY[i] * slopes[i] }
    }
}
