import Core

extension NetworkGraph {
    /// The graph as an indented table: containers, the layers inside them, their parameters, and the totals.
    ///
    /// A line takes what the line above it gives; each chain of a container takes what the container takes.
    public var text: String {
        var table = TextTable([
            ("layer", .left), ("kind", .left), ("input", .left), ("output", .left), ("dX", .left),
            ("parameters", .right),
        ])
        add(0, indent: "", to: &table)
        add(items, indent: "", to: &table)
        add(nodes.count - 1, indent: "", to: &table)
        let width = totals.map(\.name.count).max()! + 2
        let lines = totals.map { $0.name + String(repeating: " ", count: width - $0.name.count) + $0.value }
        return """
            \(table)

            \(lines.joined(separator: "\n"))

            dX: whether the backward pass computes the gradient of what comes in. Nobody needs it where no layer before has parameters.
            """
    }

    private func add(_ items: [Item], indent: String, to table: inout TextTable) {
        for item in items {
            switch item {
            case .node(let node): add(node, indent: indent, to: &table)
            case .group(let group): add(group, indent: indent, to: &table)
            }
        }
    }

    private func add(_ index: Int, indent: String, to table: inout TextTable) {
        let node = nodes[index]
        let edge = edges(into: index).first
        table.add([
            indent + node.name,
            node.kind == .input ? node.inputClasses.map { "whole numbers below \($0)" } ?? "" : node.type,
            edge.map { Self.batch($0.shape) } ?? "", node.outputShape.map(Self.batch) ?? "1 number",
            edge.map { Self.mark($0.carriesGradient) } ?? "",
            node.kind == .layer ? grouped(node.parameterCount) : "",
        ])
        for tensor in node.tensors {
            table.add([
                "\(indent)  \(tensor.name) \(tensor.shape)",
                tensor.isBuffer ? "buffer of \(grouped(tensor.count))" : "",
                "", "", "", tensor.isBuffer ? "" : grouped(tensor.count),
            ])
        }
    }

    private func add(_ group: Group, indent: String, to table: inout TextTable) {
        table.add([
            indent + group.name, group.type, Self.batch(group.inputShape), Self.batch(group.outputShape),
            Self.mark(passesGradient(group)), grouped(parameterCount(of: group.nodes)),
        ])
        let inner = indent + "  "
        guard let sum = group.sum else {
            for chain in group.chains { add(chain.items, indent: inner, to: &table) }
            return
        }
        for chain in group.chains {
            table.add([inner + chain.role, chain.items.isEmpty ? "identity" : "", "", "", "", ""])
            add(chain.items, indent: inner + "  ", to: &table)
        }
        for edge in edges(into: sum) {
            table.add([
                "\(inner)+ \(edge.role)", "sum", Self.batch(edge.shape),
                edge.role == group.chains.last?.role ? Self.batch(group.outputShape) : "",
                Self.mark(edge.carriesGradient),
                "",
            ])
        }
    }

    private static func mark(_ carriesGradient: Bool) -> String { carriesGradient ? "yes" : "no" }
}
