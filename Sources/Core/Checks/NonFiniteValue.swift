/// Where a NaN or an infinity appeared first.
public struct NonFiniteValue: Sendable, CustomStringConvertible {
    /// Which pass made it.
    public enum Direction: String, Sendable {
        /// None: the step began with it.
        case before = "before the step"
        case forward
        case backward
        /// The update: it stands in what the step left.
        case after = "after the step"
    }

    /// The layer's name; `input` for the batch, `targets` for its targets, the loss's kind for the losses and their gradient.
    public let layer: String
    public let direction: Direction
    /// `output`, `input gradient`, `running_mean`, `weight gradient`, `weight velocity`.
    public let tensor: String
    /// The element, within one sample or within the parameter.
    public let index: [Int]
    public let value: Double
    public let step: Int
    /// The row of the pass; nil in a parameter's gradient, which sums over rows.
    public let row: Int?
    /// The sample's place in the dataset; nil where there is no row, or the rows are not from a dataset.
    public let sample: Int?

    /// `linear1, forward: output[3] is +infinity`: the same on whatever rank the row was.
    public var what: String {
        let place = index.isEmpty ? "" : "[" + index.map(String.init).joined(separator: ", ") + "]"
        let found = value.isNaN ? "NaN" : (value > 0 ? "+infinity" : "-infinity")
        return "\(layer), \(direction.rawValue): \(tensor)\(place) is \(found)"
    }

    public var description: String {
        var text = "\(what) at step \(step + 1)"
        if let sample { text += ", sample \(sample)" }
        if let row { text += ", row \(row)" }
        return text
    }
}

extension Shape {
    /// The subscripts of element `index` in row-major order.
    func subscripts(of index: Int) -> [Int] {
        var rest = index
        var subscripts: [Int] = []
        for extent in dimensions.reversed() {
            subscripts.append(rest % extent)
            rest /= extent
        }
        return subscripts.reversed()
    }
}
