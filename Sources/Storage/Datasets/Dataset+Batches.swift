import CSystem
import Core

extension Dataset {
    /// Copies samples into consecutive rows, pixels divided by 255.
    ///
    /// Computes `row r = sample indices[r]` (`/ 255` for the bytes of images, rounded once; not for those of a text).
    ///
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func copySamples<Scalar: TrainingScalar>(
        _ indices: UnsafeBufferPointer<UInt32>, into rows: UnsafeMutablePointer<Scalar>
    ) {
        let width = sampleShape.elementCount
        switch images {
        case .bytes(let bytes):
            bytes.withUnsafeBufferPointer { bytes in
                for (row, index) in indices.enumerated() {
                    // The samples are in no order: each would wait for its first bytes.
                    if row + Self.prefetchedRows < indices.count {
                        dtrain_prefetch_stretch(
                            bytes.baseAddress! + checked(indices[row + Self.prefetchedRows]) * width, width)
                    }
                    Self.normalize(
                        bytes.baseAddress! + checked(index) * width, count: width, into: rows + row * width)
                }
            }
        case .floats(let floats):
            floats.withUnsafeBufferPointer { floats in
                for (row, index) in indices.enumerated() {
                    let source = floats.baseAddress! + checked(index) * width
                    let target = rows + row * width
                    for i in 0..<width { target[i] = Scalar(Double(source[i])) }
                }
            }
        case .windows(let windows):
            windows.text.withUnsafeBufferPointer { text in
                for (row, index) in indices.enumerated() {
                    Self.widen(
                        text.baseAddress! + windows.start(of: checked(index)), count: width, into: rows + row * width)
                }
            }
        }
    }

    /// Copies the classes of samples into consecutive elements, `classesPerSample` of each.
    ///
    /// - Precondition: targets are classes.
    /// - Complexity: no allocation.
    public func copyClasses(_ indices: UnsafeBufferPointer<UInt32>, into classes: UnsafeMutablePointer<Int32>) {
        switch (targets, images) {
        case (.classes(let all), _):
            for (row, index) in indices.enumerated() { classes[row] = all[Int(index)] }
        case (.followers, .windows(let windows)):
            windows.text.withUnsafeBufferPointer { text in
                for (row, index) in indices.enumerated() {
                    let source = text.baseAddress! + windows.start(of: checked(index)) + 1
                    let target = classes + row * windows.length
                    for i in 0..<windows.length { target[i] = Int32(source[i]) }
                }
            }
        default: preconditionFailure("these targets are values, not classes")
        }
    }

    /// Copies the wanted outputs of samples into consecutive rows.
    ///
    /// - Precondition: targets are values.
    /// - Complexity: no allocation.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    public func copyValues<Scalar: TrainingScalar>(
        _ indices: UnsafeBufferPointer<UInt32>, into rows: UnsafeMutablePointer<Scalar>
    ) {
        guard case .values(let all, let shape) = targets else {
            preconditionFailure("these targets are classes, not values")
        }
        let width = shape.elementCount
        all.withUnsafeBufferPointer { all in
            for (row, index) in indices.enumerated() {
                let source = all.baseAddress! + checked(index) * width
                for i in 0..<width { rows[row * width + i] = Scalar(Double(source[i])) }
            }
        }
    }

    /// How many samples ahead memory is asked for.
    private static var prefetchedRows: Int { 4 }

    /// Computes byte / 255, rounded once, by products: the rounded reciprocal gives a quotient, its remainder is exact in a fused
    /// multiply-add, and what the remainder adds rounds to the right one. Apart from its caller, since closures over a generic
    /// type are not specialised.
    ///
    /// Source: Markstein, "Computation of elementary functions on the IBM RISC System/6000 processor" (1990), theorem 3.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func normalize<Scalar: TrainingScalar>(
        _ bytes: UnsafePointer<UInt8>, count: Int, into values: UnsafeMutablePointer<Scalar>
    ) {
        let divisor = Scalar(255)
        let reciprocal = Scalar.one / divisor
        @inline(__always)
        func quotient(_ byte: UInt8) -> Scalar {
            let value = Scalar(Double(byte))
            let quotient = value * reciprocal
            let remainder = Scalar.multiplyAdd(-quotient, divisor, value)
            return Scalar.multiplyAdd(remainder, reciprocal, quotient)
        }
        // By vectors: of 784 pixels a loop over all would do the last 16 one by one.
        var first = 0
        while first &+ 16 <= count {
            for j in 0..<16 { values[first &+ j] = quotient(bytes[first &+ j]) }
            first &+= 16
        }
        while first < count {
            values[first] = quotient(bytes[first])
            first &+= 1
        }
    }

    /// Apart from its caller, as `normalize` is.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func widen<Scalar: TrainingScalar>(
        _ bytes: UnsafePointer<UInt8>, count: Int, into values: UnsafeMutablePointer<Scalar>
    ) {
        for i in 0..<count { values[i] = Scalar(Double(bytes[i])) }
    }

    @inline(__always)
    private func checked(_ index: UInt32) -> Int {
        precondition(index < count, "sample \(index) of \(count)")
        return Int(index)
    }
}
