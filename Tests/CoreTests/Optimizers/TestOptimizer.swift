import Core

/// An optimizer with the state of one stretch of parameters, driven with arrays.
struct TestOptimizer<Scalar: TrainingScalar> {
    private let optimizer: any Optimizer<Scalar>
    private let learningRate: Double
    private(set) var values: [Scalar]
    private(set) var slots: [[Scalar]]
    private var updates = 0

    init(_ description: any OptimizerDescription, _ values: [Double]) {
        optimizer = description.makeOptimizer(Scalar.self)
        learningRate = description.learningRate
        self.values = values.map { Scalar($0) }
        slots = optimizer.slotNames.map { _ in [Scalar](repeating: .zero, count: values.count) }
    }

    /// One update; `pieces` cuts it into stretches.
    mutating func update(
        _ gradients: [Double], learningRate: Double? = nil, decays: Bool = true, pieces: [Range<Int>]? = nil
    ) {
        let memory = slots.map { slot in
            let buffer = AlignedBuffer<Scalar>(count: slot.count)
            buffer.base.update(from: slot, count: slot.count)
            return buffer
        }
        let gradients = gradients.map { Scalar($0) }
        for piece in pieces ?? [0..<values.count] {
            Self.apply(
                optimizer, &values, gradients, memory.map { $0.base + piece.lowerBound }, piece, decays: decays,
                learningRate: learningRate ?? self.learningRate, update: updates)
        }
        slots = memory.map { Array($0.elements) }
        updates += 1
    }

    private static func apply<Rule: Optimizer<Scalar>>(
        _ optimizer: Rule, _ values: inout [Scalar], _ gradients: [Scalar],
        _ slots: [UnsafeMutablePointer<Scalar>], _ piece: Range<Int>, decays: Bool, learningRate: Double, update: Int
    ) {
        values.withUnsafeMutableBufferPointer { values in
            gradients.withUnsafeBufferPointer { gradients in
                slots.withUnsafeBufferPointer { slots in
                    optimizer.update(
                        values: values.baseAddress! + piece.lowerBound,
                        gradients: gradients.baseAddress! + piece.lowerBound, slots: slots, count: piece.count,
                        decays: decays, learningRate: learningRate, update: update)
                }
            }
        }
    }
}
