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
            // A table of the 256 quotients, on the stack: one load a pixel instead of a conversion and a division.
            withUnsafeTemporaryAllocation(of: Scalar.self, capacity: 256) { quotients in
                for value in 0..<256 { quotients[value] = Scalar(Double(value)) / Scalar(255) }
                let table = UnsafePointer(quotients.baseAddress!)
                bytes.withUnsafeBufferPointer { bytes in
                    for (row, index) in indices.enumerated() {
                        Self.lookUp(
                            bytes.baseAddress! + checked(index) * width, in: table, count: width,
                            into: rows + row * width)
                    }
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

    /// Apart from its caller, since closures over a generic type are not specialised.
    @specialized(where Scalar == Float)
    @specialized(where Scalar == Double)
    private static func lookUp<Scalar: TrainingScalar>(
        _ bytes: UnsafePointer<UInt8>, in table: UnsafePointer<Scalar>, count: Int,
        into values: UnsafeMutablePointer<Scalar>
    ) {
        for i in 0..<count { values[i] = table[Int(bytes[i])] }
    }

    /// Apart from its caller, as `lookUp` is.
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
