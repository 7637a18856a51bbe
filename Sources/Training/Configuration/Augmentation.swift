import Core
import Yams

/// How the samples of a training batch are changed before the network sees them: the key `augmentation`.
public enum Augmentation: Sendable, Hashable {
    case none
    /// Images are shifted by up to so many pixels along each axis.
    case shift(pixels: Int)

    /// For each kind, the key that a plain value stands for.
    static let shorthands: [String: String?] = ["none": nil, "shift": "pixels"]

    /// Makes sure that it can be done with samples of this shape.
    ///
    /// - Throws: `ConfigurationError` naming the key.
    func check(_ shape: Shape) throws(ConfigurationError) {
        guard case .shift(let pixels) = self else { return }
        guard (2...3).contains(shape.rank) else {
            throw ConfigurationError(
                key: "augmentation.shift",
                message:
                    "takes images of shape [height, width] or [height, width, channels], and the samples are \(shape)")
        }
        let limit = min(shape.dimensions[0], shape.dimensions[1])
        guard pixels < limit else {
            throw ConfigurationError(
                key: "augmentation.shift.pixels",
                message: "must be less than the \(limit) pixels of the images' shorter side (\(shape)), not \(pixels)")
        }
    }
}

extension ConfigurationReader {
    /// `none` or `{shift: 2}`.
    mutating func augmentation() throws(ConfigurationError) -> Augmentation {
        try variant("augmentation", default: "none", shorthands: Augmentation.shorthands) {
            kind, reader throws(ConfigurationError) in
            switch kind {
            case "shift": .shift(pixels: try reader.integer("pixels", in: 0...65_535))
            default: .none
            }
        }
    }
}
