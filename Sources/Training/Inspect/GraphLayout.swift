/// Where everything of a drawing is.
struct GraphLayout {
    struct Point: Equatable {
        let x: Double
        let y: Double
    }

    struct Box {
        let node: Int
        let card: GraphCard
        /// Of the upper left corner.
        let x: Double
        let y: Double
    }

    struct Frame {
        let group: NetworkGraph.Group
        let x: Double
        let y: Double
        let width: Double
        let height: Double
    }

    /// An edge: the forward line and the gradient's beside it, both from the edge's beginning to its end, so that the dashes of
    /// gradients that come to one node coincide where their lines do.
    struct Line {
        let edge: NetworkGraph.Edge
        let forward: [Point]
        let gradient: [Point]
    }

    /// Text beside a line; y is its baseline.
    struct Note {
        enum Style: String {
            case shape
            case role
            case noGradient
        }

        let text: String
        let style: Style
        let x: Double
        let y: Double
    }

    private(set) var boxes: [Box] = []
    /// Outer ones before those inside them.
    private(set) var frames: [Frame] = []
    private(set) var lines: [Line] = []
    private(set) var notes: [Note] = []
    let width: Double
    let height: Double
    private let graph: NetworkGraph

    /// - Parameters:
    ///   - top: the room above the graph.
    ///   - minimumWidth: of the whole drawing.
    init(_ graph: NetworkGraph, top: Double, minimumWidth: Double) {
        self.graph = graph
        let column = GraphColumn([.node(0)] + graph.items + [.node(graph.nodes.count - 1)], of: graph)
        let margin = GraphMetrics.margin
        width = max(minimumWidth, column.left + column.right + 2 * margin)
        height = top + column.height + margin
        let spare = width - column.left - column.right - 2 * margin
        _ = place(column, axis: (margin + spare / 2 + column.left).rounded(), y: top, wire: nil)
    }

    /// The way from a node's lower border to wherever it goes: down the axis, and to the right at forks.
    private struct Wire {
        var axes: [Double]
        let start: Double
        var forks: [Double] = []

        var axis: Double { axes.last! }

        func turning(at y: Double, to axis: Double) -> Wire {
            Wire(axes: axes + [axis], start: start, forks: forks + [y])
        }

        /// The corners of a line beside the axis: `side` is −1 on the left.
        func corners(side: Double, drop: Double) -> [Point] {
            let lane = side * GraphMetrics.lane
            var points = [Point(x: axes[0] + lane, y: start)]
            for (index, fork) in forks.enumerated() {
                points.append(Point(x: axes[index] + lane, y: fork + drop))
                points.append(Point(x: axes[index + 1] + lane, y: fork + drop))
            }
            return points
        }
    }

    /// - Returns: the wire that comes out at the bottom.
    private mutating func place(_ column: GraphColumn, axis: Double, y: Double, wire: Wire?) -> Wire? {
        var wire = wire
        var y = y
        for (gap, block) in column.blocks {
            y += gap
            switch block.content {
            case .node(let node): wire = place(node, axis: axis, y: y, wire: wire)
            case .frame(let group, let header, let columns):
                frames.append(
                    Frame(
                        group: group, x: axis - block.left, y: y, width: block.left + block.right, height: block.height)
                )
                wire = place(
                    group, columns, axis: axis, y: y, header: header, bottom: y + block.height, wire: wire)
            }
            y += block.height
        }
        return wire
    }

    private mutating func place(_ node: Int, axis: Double, y: Double, wire: Wire?) -> Wire {
        let card = GraphCard(graph.nodes[node])
        boxes.append(Box(node: node, card: card, x: axis - card.width / 2, y: y))
        if let wire, let edge = graph.edges(into: node).first {
            connect(edge, wire, to: y)
            note(edge, x: axis, above: y)
        }
        return Wire(axes: [axis], start: y + card.height)
    }

    private mutating func place(
        _ group: NetworkGraph.Group, _ columns: [(offset: Double, column: GraphColumn)], axis: Double, y: Double,
        header: Double, bottom: Double, wire: Wire?
    ) -> Wire? {
        let fork = y + GraphMetrics.fork
        let ends = columns.map { offset, column in
            place(
                column, axis: axis + offset, y: y + header,
                wire: offset > 0 ? wire?.turning(at: fork, to: axis + offset) : wire)
        }
        guard let sum = group.sum else { return ends.first ?? wire }
        let radius = GraphMetrics.sumRadius
        let center = bottom - GraphMetrics.padding - radius
        boxes.append(Box(node: sum, card: GraphCard(graph.nodes[sum]), x: axis - radius, y: center - radius))
        // The lines end on the circle, beside its axes.
        let reach = (radius * radius - GraphMetrics.lane * GraphMetrics.lane).squareRoot()
        for (index, edge) in graph.edges(into: sum).enumerated() {
            guard let end = ends[index] else { continue }
            if index == 0 {
                connect(edge, end, to: center - reach)
                note(edge, x: axis, above: center - radius)
                continue
            }
            connect(edge, end, around: Point(x: axis + reach, y: center))
            let (offset, column) = columns[index]
            note(
                edge, x: axis + offset, below: column.blocks.isEmpty ? fork : y + header + column.height,
                fork: fork)
        }
        return Wire(axes: [axis], start: center + reach)
    }

    /// A line straight down to `y`.
    private mutating func connect(_ edge: NetworkGraph.Edge, _ wire: Wire, to y: Double) {
        let lane = GraphMetrics.lane
        let forward = wire.corners(side: 1, drop: 0) + [Point(x: wire.axis + lane, y: y)]
        let gradient = wire.corners(side: -1, drop: 2 * lane) + [Point(x: wire.axis - lane, y: y)]
        lines.append(Line(edge: edge, forward: forward, gradient: gradient))
    }

    /// A line down and to the left, to the right side of a circle.
    private mutating func connect(_ edge: NetworkGraph.Edge, _ wire: Wire, around end: Point) {
        let lane = GraphMetrics.lane
        let forward =
            wire.corners(side: 1, drop: 0)
            + [Point(x: wire.axis + lane, y: end.y + lane), Point(x: end.x, y: end.y + lane)]
        let gradient =
            wire.corners(side: -1, drop: 2 * lane)
            + [Point(x: wire.axis - lane, y: end.y - lane), Point(x: end.x, y: end.y - lane)]
        lines.append(Line(edge: edge, forward: forward, gradient: gradient))
    }

    /// Says what passes above the arrow's head.
    private mutating func note(_ edge: NetworkGraph.Edge, x: Double, above y: Double) {
        let texts = GraphMetrics.notes(on: edge)
        for (index, text) in texts.enumerated() {
            let baseline = y - 12 - Double(texts.count - 1 - index) * GraphMetrics.lineHeight
            notes.append(
                Note(
                    text: text, style: index == 0 ? .shape : .noGradient, x: x + GraphMetrics.noteOffset, y: baseline))
        }
    }

    /// Says what a chain beside the first is where it branches off, and what passes below its last layer.
    private mutating func note(_ edge: NetworkGraph.Edge, x: Double, below y: Double, fork: Double) {
        let x = x + GraphMetrics.noteOffset
        notes.append(Note(text: edge.role, style: .role, x: x, y: fork + 20))
        for (index, text) in GraphMetrics.notes(on: edge).enumerated() {
            let baseline = y + 20 + Double(index + (y == fork ? 1 : 0)) * GraphMetrics.lineHeight
            notes.append(Note(text: text, style: index == 0 ? .shape : .noGradient, x: x, y: baseline))
        }
    }
}
