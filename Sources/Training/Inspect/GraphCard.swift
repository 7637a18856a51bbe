/// What is written in a node's box, and how large that makes it.
struct GraphCard {
    /// A line: at the left and at the right border.
    struct Line {
        enum Style: String {
            /// A name, and what kind of thing it is.
            case title
            case plain
            /// Of state that is not trained.
            case buffer
        }

        let left: String
        let right: String
        let style: Style
    }

    let lines: [Line]
    let width: Double
    let height: Double

    init(_ node: NetworkGraph.Node) {
        guard node.kind != .sum else {
            lines = []
            width = 2 * GraphMetrics.sumRadius
            height = width
            return
        }
        var lines = [Line(left: node.name, right: node.type, style: .title)]
        if node.kind == .input, let classes = node.inputClasses {
            lines.append(Line(left: "whole numbers below \(classes)", right: "", style: .plain))
        }
        if node.parameterCount > 0 {
            lines.append(Line(left: "\(grouped(node.parameterCount)) parameters", right: "", style: .plain))
        }
        for tensor in node.tensors {
            lines.append(
                Line(
                    left: "\(tensor.name) \(tensor.shape)" + (tensor.isBuffer ? " buffer" : ""),
                    right: grouped(tensor.count), style: tensor.isBuffer ? .buffer : .plain))
        }
        self.lines = lines
        let widths = lines.map { GraphMetrics.width($0.left + ($0.right.isEmpty ? "" : "   ") + $0.right) }
        // Even, so that the axis is at a whole number.
        width = (max(GraphMetrics.minimumBoxWidth, widths.max()! + 2 * GraphMetrics.padding) / 2).rounded(.up) * 2
        height = Double(lines.count) * GraphMetrics.lineHeight + 16
    }
}
