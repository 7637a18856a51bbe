import Core

/// The products of a network's passes that have a weight in them: those of every weight that was declared with its
/// `ProductShape`.
public struct NetworkProducts: Sendable {
    /// A product, and the weights that are multiplied so.
    public struct Product: Sendable {
        public let shape: ProductShape
        /// The names of the weights.
        public internal(set) var weights: [String]
        /// Whether the gradient of what comes in is computed.
        public let needsInputGradient: Bool

        /// The operations of the forward and the backward pass of one weight over `samples` samples.
        public func flops(samples: Int) -> Double {
            let one = shape.flops(samples: samples)
            guard shape.calls == .step else { return (needsInputGradient ? 3 : 2) * one }
            // Before the first step of a recurrence there is nothing that comes in, nor has a gradient.
            let steps = Double(shape.rowsPerSample)
            return one + 2 * one * (steps - 1) / steps
        }
    }

    /// In the order in which the weights were declared; equal ones are one.
    public let products: [Product]

    /// - Parameter network: neither sealed nor prepared it may be.
    public init(_ network: Network<Float>, loss: any LossDescription) {
        let graph = NetworkGraph(network, loss: loss)
        var products: [Product] = []
        for parameter in network.arena.parameters {
            guard let shape = parameter.product else { continue }
            let node = graph.nodes.lastIndex { $0.kind == .layer && parameter.name.hasPrefix($0.id + "/") }
            let carriesGradient = node.map { graph.edges(into: $0).contains(where: \.carriesGradient) } ?? true
            // What comes into a recurrence's own product is its state.
            let needsInputGradient = carriesGradient || shape.calls == .step
            if let known = products.firstIndex(where: {
                $0.shape == shape && $0.needsInputGradient == needsInputGradient
            }) {
                products[known].weights.append(parameter.name)
            } else {
                products.append(
                    Product(shape: shape, weights: [parameter.name], needsInputGradient: needsInputGradient))
            }
        }
        self.products = products
    }

    /// The operations of the forward and the backward pass of all weights over `samples` samples.
    public func flops(samples: Int) -> Double {
        products.map { Double($0.weights.count) * $0.flops(samples: samples) }.reduce(0, +)
    }
}
