import Core

/// A network as a graph: what is computed, what passes between, and which way gradients go back.
///
/// Its text, its DOT and its SVG are written from this and nothing else, so they show the same thing.
public struct NetworkGraph: Sendable, Equatable {
    /// Something that is computed: the input that is there, a layer, a sum, the loss.
    public struct Node: Sendable, Equatable {
        public enum Kind: Sendable {
            case input
            case layer
            /// Where the outputs of a container's chains are added.
            case sum
            case loss
        }

        /// What no other node is called; a layer's name over the whole network, e.g. `residual1/linear1`.
        public let id: String
        public let kind: Kind
        /// A layer's name within its container, e.g. `linear1`.
        public let name: String
        /// A layer's or the loss's kind in the configuration, e.g. `linear`; empty for others.
        public let type: String
        /// Where whole numbers come in, or are the network's input: how many they may be.
        public let inputClasses: Int?
        /// Of one sample; nil for the loss, which is one number.
        public let outputShape: Shape?
        public let tensors: [Tensor]

        /// The trained numbers.
        public var parameterCount: Int { tensors.filter { !$0.isBuffer }.map(\.count).reduce(0, +) }
    }

    /// A parameter of a layer, or a buffer: state that is not trained.
    public struct Tensor: Sendable, Equatable {
        /// Within the layer, e.g. `weight`.
        public let name: String
        public let shape: Shape
        public let isBuffer: Bool

        public var count: Int { shape.elementCount }
    }

    /// What passes from one node to another.
    public struct Edge: Sendable, Equatable {
        /// Places in `nodes`.
        public let from: Int
        public let to: Int
        /// Of one sample.
        public let shape: Shape
        /// What the chain that the edge ends is to its container; empty for edges into layers.
        public let role: String
        /// Whether the gradient of the loss with respect to what passes is computed: not where nothing before has parameters.
        public internal(set) var carriesGradient = true
    }

    /// A container and what is inside it.
    public struct Group: Sendable, Equatable {
        /// Over the whole network, e.g. `residual1/sequence1`.
        public let id: String
        /// Within its container.
        public let name: String
        /// In the configuration, e.g. `residual`.
        public let type: String
        public let inputShape: Shape
        public let outputShape: Shape
        public let chains: [Chain]
        /// Where the chains' outputs are added; nil where there is one chain.
        public let sum: Int?
        /// The nodes inside, the sum too.
        public let nodes: Range<Int>
    }

    /// Layers one after the other inside a container; none for the identity.
    public struct Chain: Sendable, Equatable {
        /// What the chain is to its container: `branch`, `shortcut`.
        public let role: String
        public let items: [Item]
    }

    /// One thing in a chain.
    public enum Item: Sendable, Equatable {
        /// A place in `nodes`.
        case node(Int)
        case group(Group)
    }

    /// In the order in which they are computed: an edge leads from an earlier to a later one.
    public let nodes: [Node]
    /// By the node that they lead to; those into a sum in the order of the chains.
    public let edges: [Edge]
    /// The outermost layers and containers, between the input, which is the first node, and the loss, which is the last.
    public let items: [Item]

    /// The edges into a node.
    public func edges(into node: Int) -> [Edge] { edges.filter { $0.to == node } }

    /// Whether any gradient goes back out of a container.
    func passesGradient(_ group: Group) -> Bool {
        edges.contains { group.nodes.contains($0.to) && !group.nodes.contains($0.from) && $0.carriesGradient }
    }

    /// The trained numbers.
    public var parameterCount: Int { parameterCount(of: nodes.indices) }

    /// The trained numbers of some nodes.
    func parameterCount(of nodes: Range<Int>) -> Int { self.nodes[nodes].map(\.parameterCount).reduce(0, +) }

    /// The elements of all layers' outputs for one sample; a sum is kept where the output of its first chain was.
    public var activationCount: Int {
        nodes.filter { $0.kind == .layer }.compactMap(\.outputShape?.elementCount).reduce(0, +)
    }

    /// A line for each total.
    var totals: [(name: String, value: String)] {
        let tensors = nodes.flatMap(\.tensors)
        let parameters = tensors.filter { !$0.isBuffer }
        let buffers = tensors.filter(\.isBuffer)
        var totals = [("parameters", "\(grouped(parameterCount)) in \(Self.arrays(parameters.count))")]
        if !buffers.isEmpty {
            let count = buffers.map(\.count).reduce(0, +)
            totals.append(("buffers", "\(grouped(count)) in \(Self.arrays(buffers.count)), not trained"))
        }
        totals.append(("activations", "\(grouped(activationCount)) elements a sample: the outputs of all layers"))
        return totals
    }

    private static func arrays(_ count: Int) -> String { count == 1 ? "1 array" : "\(grouped(count)) arrays" }

    /// The shape of a batch: `[N, 784]`.
    static func batch(_ shape: Shape) -> String {
        "[" + (["N"] + shape.dimensions.map(String.init)).joined(separator: ", ") + "]"
    }
}
