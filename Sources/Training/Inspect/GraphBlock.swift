/// A part of a drawing, measured from its axis: the vertical line on which what passes comes in at the top and goes out at the
/// bottom.
struct GraphBlock {
    enum Content {
        case node(Int)
        case frame(NetworkGraph.Group, header: Double, columns: [(offset: Double, column: GraphColumn)])
    }

    let content: Content
    /// How far it reaches to each side of the axis, with what is written beside the lines into it.
    let left: Double
    let right: Double
    let height: Double

    init(_ item: NetworkGraph.Item, of graph: NetworkGraph) {
        switch item {
        case .node(let node): self.init(node: node, of: graph)
        case .group(let group): self.init(group: group, of: graph)
        }
    }

    init(node: Int, of graph: NetworkGraph) {
        let card = GraphCard(graph.nodes[node])
        let notes = graph.edges(into: node).map { GraphMetrics.width(ofNotesOn: $0) }
        content = .node(node)
        left = card.width / 2
        right = max(card.width / 2, notes.max() ?? 0)
        height = card.height
    }

    /// A frame around its chains, side by side from the axis to the right.
    private init(group: NetworkGraph.Group, of graph: NetworkGraph) {
        let padding = GraphMetrics.padding
        let notes = group.sum.map { graph.edges(into: $0).map { GraphMetrics.width(ofNotesOn: $0) } } ?? []
        var columns: [(offset: Double, column: GraphColumn)] = []
        var right = 0.0
        for (index, chain) in group.chains.enumerated() {
            let column = GraphColumn(chain.items, of: graph)
            let offset = index == 0 ? 0 : right + padding + max(column.left, GraphMetrics.lane)
            columns.append((offset, column))
            right = offset + max(column.right, index < notes.count ? notes[index] : 0)
        }
        let title = GraphMetrics.title(of: group, in: graph)
        let header = group.chains.count > 1 ? GraphMetrics.forkHeader : GraphMetrics.header
        content = .frame(group, header: header, columns: columns)
        left = max(
            (columns.first?.column.left ?? 0) + padding,
            title.map { GraphMetrics.width($0) }.max()! + padding + 3 * GraphMetrics.lane)
        self.right = right + padding
        let chains = columns.map { $0.column.height + ($0.offset > 0 && $0.column.height > 0 ? GraphMetrics.gap : 0) }
        height =
            header + chains.max()! + (group.sum == nil ? 0 : GraphMetrics.gap + 2 * GraphMetrics.sumRadius) + padding
    }
}

/// Blocks one below the other on one axis.
struct GraphColumn {
    /// Each with the room above it.
    let blocks: [(gap: Double, block: GraphBlock)]
    let left: Double
    let right: Double
    let height: Double

    init(_ items: [NetworkGraph.Item], of graph: NetworkGraph) {
        blocks = items.enumerated().map { index, item in
            let block = GraphBlock(item, of: graph)
            // What passes is written above boxes. A frame's first box is inside, below its title.
            guard index > 0 else { return (0, block) }
            if case .frame = block.content { return (GraphMetrics.frameGap, block) }
            return (GraphMetrics.gap, block)
        }
        left = blocks.map(\.block.left).max() ?? 0
        right = blocks.map(\.block.right).max() ?? 0
        height = blocks.map { $0.gap + $0.block.height }.reduce(0, +)
    }
}
