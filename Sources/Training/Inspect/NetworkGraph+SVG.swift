import Core
import Foundation

extension NetworkGraph {
    /// The graph as a drawing, from top to bottom, that needs nothing but itself: boxes for layers, frames for containers,
    /// lines down for the forward pass, dashed lines up for gradients.
    public var svg: String {
        let legend = Legend(self)
        let layout = GraphLayout(self, top: legend.height, minimumWidth: legend.width)
        let parts =
            [legend.svg] + layout.frames.map(svg) + layout.lines.map(svg) + layout.boxes.map(svg)
            + layout.notes.map(svg)
        let (width, height) = (number(layout.width), number(layout.height))
        return """
            <?xml version="1.0" encoding="UTF-8"?>
            <svg xmlns="http://www.w3.org/2000/svg" width="\(width)" height="\(height)" viewBox="0 0 \(width) \(height)">
            <title>\(escaped(totals.map { "\($0.name) \($0.value)" }.joined(separator: "; ")))</title>
            <style>
            text { font: \(number(GraphMetrics.fontSize))px "DejaVu Sans Mono", ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; fill: #0f172a }
            .title { font-weight: bold }
            .type, .buffer, .role { fill: #64748b }
            .noGradient { fill: #64748b; font-style: italic }
            .sum { font-size: 18px; text-anchor: middle }
            .end { text-anchor: end }
            .frame { fill: #64748b; fill-opacity: 0.05; stroke: #94a3b8 }
            .layer, .sumCircle { fill: #ffffff; stroke: #475569; stroke-width: 1.2 }
            .input { fill: #e0f2fe; stroke: #0369a1; stroke-width: 1.2 }
            .loss { fill: #fef3c7; stroke: #b45309; stroke-width: 1.2 }
            .forward { fill: none; stroke: #334155; stroke-width: 1.5 }
            .gradient { fill: none; stroke: #c2410c; stroke-width: 1.5; stroke-dasharray: 5 4 }
            </style>
            <defs>
            \(Self.arrowhead("forwardHead", "#334155"))
            \(Self.arrowhead("gradientHead", "#c2410c", isAtStart: true))
            </defs>
            <rect width="100%" height="100%" fill="#fcfcfd"/>
            \(parts.joined(separator: "\n"))
            </svg>

            """
    }

    /// A marker for a line's end, or, pointing the other way, for its start.
    private static func arrowhead(_ id: String, _ color: String, isAtStart: Bool = false) -> String {
        """
        <marker id="\(id)" viewBox="0 0 10 10" refX="\(isAtStart ? "0.5" : "9.5")" refY="5" markerWidth="9" markerHeight="9" \
        markerUnits="userSpaceOnUse" orient="auto"><path d="\(isAtStart ? "M10,1 L0,5 L10,9 z" : "M0,1 L10,5 L0,9 z")" \
        fill="\(color)"/></marker>
        """
    }

    private func svg(_ frame: GraphLayout.Frame) -> String {
        let x = frame.x + GraphMetrics.padding
        let lines = GraphMetrics.title(of: frame.group, in: self).enumerated().map { index, line in
            textElement(
                line, index == 0 ? "title" : "type", x: x, y: frame.y + 21 + Double(index) * GraphMetrics.lineHeight)
        }
        return """
            <g class="container"><title>\(escaped(frame.group.id))</title>
            <rect class="frame" x="\(number(frame.x))" y="\(number(frame.y))" width="\(number(frame.width))" \
            height="\(number(frame.height))" rx="8"/>
            \(lines.joined(separator: "\n"))
            </g>
            """
    }

    private func svg(_ box: GraphLayout.Box) -> String {
        let node = nodes[box.node]
        let card = box.card
        guard node.kind != .sum else {
            let radius = GraphMetrics.sumRadius
            return """
                <g class="node"><title>\(escaped(node.id))</title>
                <circle class="sumCircle" cx="\(number(box.x + radius))" cy="\(number(box.y + radius))" r="\(number(radius))"/>
                \(textElement("+", "sum", x: box.x + radius, y: box.y + radius + 6))
                </g>
                """
        }
        let (left, right) = (box.x + GraphMetrics.padding, box.x + card.width - GraphMetrics.padding)
        let lines = card.lines.enumerated().flatMap { index, line in
            let y = box.y + 21 + Double(index) * GraphMetrics.lineHeight
            let end = line.style == .title ? "type" : line.style.rawValue
            return [textElement(line.left, line.style.rawValue, x: left, y: y)]
                + (line.right.isEmpty ? [] : [textElement(line.right, "\(end) end", x: right, y: y)])
        }
        return """
            <g class="node"><title>\(escaped(node.id))</title>
            <rect class="\(node.kind)" x="\(number(box.x))" y="\(number(box.y))" width="\(number(card.width))" \
            height="\(number(card.height))" rx="6"/>
            \(lines.joined(separator: "\n"))
            </g>
            """
    }

    private func svg(_ line: GraphLayout.Line) -> String {
        let (from, to) = (nodes[line.edge.from].id, nodes[line.edge.to].id)
        let forward = """
            <g class="edge"><title>\(escaped("\(from) → \(to) \(Self.batch(line.edge.shape))"))</title>
            <path class="forward" d="\(path(line.forward))" marker-end="url(#forwardHead)"/></g>
            """
        guard line.edge.carriesGradient else { return forward }
        return forward + """

            <g class="edge"><title>\(escaped("gradient of \(to) → \(from) \(Self.batch(line.edge.shape))"))</title>
            <path class="gradient" d="\(path(line.gradient))" marker-start="url(#gradientHead)"/></g>
            """
    }

    private func svg(_ note: GraphLayout.Note) -> String {
        textElement(note.text, note.style.rawValue, x: note.x, y: note.y)
    }
}

/// The head of the drawing: what the lines mean, and the totals.
private struct Legend {
    let svg: String
    let width: Double
    let height: Double

    init(_ graph: NetworkGraph) {
        let margin = GraphMetrics.margin
        let lines = [
            ("forward", "end", "forward, with the shape of what passes"),
            ("gradient", "start", "the gradient's way back"),
        ]
        let totals = graph.totals.map { "\($0.name) \($0.value)" }
        var y = margin + 10
        var parts: [String] = []
        for total in totals {
            parts.append(textElement(total, "plain", x: margin, y: y))
            y += GraphMetrics.lineHeight
        }
        for (kind, end, text) in lines {
            let ends = [GraphLayout.Point(x: margin, y: y - 4), GraphLayout.Point(x: margin + 36, y: y - 4)]
            parts.append("<path class=\"\(kind)\" d=\"\(path(ends))\" marker-\(end)=\"url(#\(kind)Head)\"/>")
            parts.append(textElement(text, "type", x: margin + 46, y: y))
            y += GraphMetrics.lineHeight
        }
        svg = parts.joined(separator: "\n")
        width =
            2 * margin + (totals.map { GraphMetrics.width($0) } + lines.map { 46 + GraphMetrics.width($0.2) }).max()!
        height = y + margin / 2
    }
}

private func textElement(_ text: String, _ style: String, x: Double, y: Double) -> String {
    "<text class=\"\(style)\" x=\"\(number(x))\" y=\"\(number(y))\">\(escaped(text))</text>"
}

/// A line through the points, its corners rounded.
private func path(_ points: [GraphLayout.Point]) -> String {
    var text = "M\(number(points[0].x)),\(number(points[0].y))"
    for index in points.indices.dropFirst() {
        let (previous, corner) = (points[index - 1], points[index])
        guard index + 1 < points.count else { return text + " L\(number(corner.x)),\(number(corner.y))" }
        let next = points[index + 1]
        let before = near(corner, previous)
        let after = near(corner, next)
        text += " L\(number(before.x)),\(number(before.y)) Q\(number(corner.x)),\(number(corner.y))"
        text += " \(number(after.x)),\(number(after.y))"
    }
    return text
}

/// The point at most 8 away from a corner on the way to another.
private func near(_ corner: GraphLayout.Point, _ other: GraphLayout.Point) -> GraphLayout.Point {
    let (dx, dy) = (other.x - corner.x, other.y - corner.y)
    let distance = abs(dx) + abs(dy)
    guard distance > 0 else { return corner }
    let part = min(8, distance / 2) / distance
    return GraphLayout.Point(x: corner.x + dx * part, y: corner.y + dy * part)
}

/// At most one digit after the point.
private func number(_ value: Double) -> String {
    let tenths = (value * 10).rounded()
    return (tenths / 10).rounded() * 10 == tenths ? String(Int(tenths / 10)) : String(tenths / 10)
}

private func escaped(_ text: String) -> String {
    text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
        .replacing("\"", with: "&quot;")
}
