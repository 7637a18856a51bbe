/// One line of a check's table: how far the hand-written gradient of one tensor is from an independent one.
public struct CheckRow: Sendable {
    /// What was run.
    public enum Scope: String, Sendable {
        /// One layer alone, on random inputs, with a random weighting of its outputs as the loss.
        case layer
        /// The loss alone, on random predictions.
        case loss
        /// All layers and the loss.
        case network
    }

    /// Where the other gradient comes from.
    public enum Method: String, Sendable {
        /// Central differences, element by element.
        case elements
        /// Central differences along random directions through the whole tensor.
        case directions
        /// The tangent of a forward pass on dual numbers.
        case dual
    }

    public let scope: Scope
    /// The layer's name, or the loss's kind.
    public let layer: String
    /// `input`, or a parameter's name without the layer's.
    public let tensor: String
    public let mode: PassMode
    /// The standard deviation of the inputs.
    public let magnitude: Double
    public let method: Method
    /// The elements of the tensor.
    public let elements: Int
    /// The elements or directions compared.
    public let checked: Int
    /// Of those, how many needed a smaller step because the usual one crossed a kink.
    public internal(set) var moved: Int
    /// The elements or directions left out because every step crossed a kink.
    public internal(set) var skipped: Int
    /// ‖a − n‖, a the hand-written and n the other gradient.
    public let error: Double
    /// ‖a + n‖, about twice the gradient's own size.
    public let norm: Double
    /// The most that the error may be.
    public let bound: Double
    /// The pair that is furthest apart, and its element (or direction).
    public let worst: Pair

    /// One compared number.
    public struct Pair: Sendable {
        public let index: Int
        public let analytic: Double
        public let numeric: Double
    }

    /// Whether the gradients agree; nothing compared, or more left out than compared, is no agreement, and neither is NaN.
    public var passes: Bool { error <= bound && checked > 0 && skipped <= checked }

    /// The error as a fraction of its bound.
    public var ratio: Double { error / bound }

    /// Whether the gradient is so small that the bound would let it pass for 0.
    public var vanishes: Bool { norm <= bound }
}

extension CheckRow {
    /// One row for each tensor and method: the worst over modes and magnitudes, a failing one before any that passes; of
    /// the moved and the skipped, the most that any of them had.
    public static func worst(of rows: [CheckRow]) -> [CheckRow] {
        var order: [String] = []
        var worst: [String: CheckRow] = [:]
        for row in rows {
            let key = "\(row.scope) \(row.layer) \(row.tensor) \(row.method)"
            guard let previous = worst[key] else {
                order.append(key)
                worst[key] = row
                continue
            }
            var worse = row.isWorse(than: previous) ? row : previous
            worse.moved = max(row.moved, previous.moved)
            worse.skipped = max(row.skipped, previous.skipped)
            worst[key] = worse
        }
        return order.compactMap { worst[$0] }
    }

    /// Whether this row says less for the gradient than `other`: it fails and that does not, or it is nearer to its bound.
    public func isWorse(than other: CheckRow) -> Bool {
        if passes != other.passes { return !passes }
        return ratio > other.ratio || (ratio.isNaN && !other.ratio.isNaN)
    }
}
