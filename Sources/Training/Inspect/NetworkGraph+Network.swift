import Core

extension NetworkGraph {
    /// The graph of a network, which needs no memory of its own for it: neither sealed nor prepared.
    public init(_ network: Network<Float>, loss: any LossDescription) {
        var builder = GraphBuilder(arena: network.arena)
        let input = builder.add(
            Node(
                id: "(input)", kind: .input, name: "input", type: "",
                inputClasses: network.chain.descriptions.first?.description.inputClasses,
                outputShape: network.inputShape, tensors: []))
        let (items, output) = builder.build(network.chain, after: input)
        let end = builder.add(
            Node(
                id: "(loss)", kind: .loss, name: "loss", type: loss.kind, inputClasses: nil, outputShape: nil,
                tensors: []))
        builder.connect(output, to: end, shape: network.outputShape)
        builder.markGradients()
        nodes = builder.nodes
        edges = builder.edges
        self.items = items
    }
}

/// Walks through a network's chains.
private struct GraphBuilder {
    private(set) var nodes: [NetworkGraph.Node] = []
    private(set) var edges: [NetworkGraph.Edge] = []
    private let arena: ParameterArena<Float>

    init(arena: ParameterArena<Float>) {
        self.arena = arena
    }

    /// - Returns: the node's place.
    mutating func add(_ node: NetworkGraph.Node) -> Int {
        nodes.append(node)
        return nodes.count - 1
    }

    mutating func connect(_ from: Int, to: Int, shape: Shape, role: String = "") {
        edges.append(NetworkGraph.Edge(from: from, to: to, shape: shape, role: role))
    }

    /// Adds the layers of a chain.
    ///
    /// - Returns: what was added, and the node whose output is the chain's.
    mutating func build(
        _ chain: LayerChain<Float>, after source: Int
    ) -> (items: [NetworkGraph.Item], output: Int) {
        var items: [NetworkGraph.Item] = []
        var output = source
        for (layer, named) in zip(chain.layers, chain.descriptions) {
            if let container = layer as? any ContainerLayer<Float> {
                let group: NetworkGraph.Group
                (group, output) = build(container, named, after: output)
                items.append(.group(group))
            } else {
                let node = add(
                    NetworkGraph.Node(
                        id: layer.name, kind: .layer, name: named.name, type: named.description.kind,
                        inputClasses: named.description.inputClasses, outputShape: layer.outputShape,
                        tensors: tensors(of: layer.name + "/")))
                connect(output, to: node, shape: layer.inputShape)
                output = node
                items.append(.node(node))
            }
        }
        return (items, output)
    }

    private mutating func build(
        _ container: any ContainerLayer<Float>, _ named: NamedLayer, after source: Int
    ) -> (group: NetworkGraph.Group, output: Int) {
        let first = nodes.count
        var chains: [NetworkGraph.Chain] = []
        var outputs: [Int] = []
        for (role, chain) in container.chains {
            let (items, output) = build(chain, after: source)
            chains.append(NetworkGraph.Chain(role: role, items: items))
            outputs.append(output)
        }
        var sum: Int?
        if chains.count > 1 {
            let node = add(
                NetworkGraph.Node(
                    id: container.name + "/(sum)", kind: .sum, name: "+", type: "", inputClasses: nil,
                    outputShape: container.outputShape, tensors: []))
            for (chain, output) in zip(chains, outputs) {
                connect(output, to: node, shape: container.outputShape, role: chain.role)
            }
            sum = node
        }
        let group = NetworkGraph.Group(
            id: container.name, name: named.name, type: named.description.kind, inputShape: container.inputShape,
            outputShape: container.outputShape, chains: chains, sum: sum, nodes: first..<nodes.count)
        return (group, sum ?? outputs.first ?? source)
    }

    private func tensors(of prefix: String) -> [NetworkGraph.Tensor] {
        func own(_ name: String, _ shape: Shape, isBuffer: Bool) -> NetworkGraph.Tensor? {
            guard name.hasPrefix(prefix) else { return nil }
            return NetworkGraph.Tensor(name: String(name.dropFirst(prefix.count)), shape: shape, isBuffer: isBuffer)
        }
        return arena.parameters.compactMap { own($0.name, $0.shape, isBuffer: false) }
            + arena.buffers.compactMap { own($0.name, $0.shape, isBuffer: true) }
    }

    /// From the loss back: an edge carries a gradient if one comes to its end, and its beginning has a use for it: parameters,
    /// or something before it has some.
    mutating func markGradients() {
        var learns = nodes.map { node in node.tensors.contains { !$0.isBuffer } }
        // Edges stand in the order of their ends, so all those into an end are done before those out of it, and back.
        for edge in edges where learns[edge.from] { learns[edge.to] = true }
        var receives = nodes.map { $0.kind == .loss }
        for index in edges.indices.reversed() {
            let (from, to) = (edges[index].from, edges[index].to)
            let carries = receives[to] && learns[from]
            edges[index].carriesGradient = carries
            if carries { receives[from] = true }
        }
    }
}
