import Core

/// A layer as a configuration names it, with the shape of the samples that it is checked on.
package struct LayerCase: Sendable, CustomStringConvertible {
    package let yaml: String
    package let inputShape: Shape

    init(_ yaml: String, _ inputShape: Shape) {
        self.yaml = yaml
        self.inputShape = inputShape
    }

    package var description: String { "\(yaml) on \(inputShape)" }

    /// - Throws: if a configuration does not take it.
    package func layer() throws(ConfigurationError) -> NamedLayer {
        try Configuration(yaml: "network: [\(yaml)]").network[0]
    }
}
