import Core

extension NetworkGraph {
    /// The graph in Graphviz's language: containers are clusters, gradients dashed edges that lead back.
    public var dot: String {
        let title = totals.map { "\($0.name) \($0.value)" }.joined(separator: "\n")
        return """
            digraph network {
                graph [label=\(Self.quoted(title)), labelloc=t, fontname="Helvetica", fontsize=11]
                node [shape=box, style="rounded,filled", fillcolor=white, color="#475569", fontname="Helvetica", fontsize=11]
                edge [color="#334155", fontname="Helvetica", fontsize=10]
            \(statement(of: 0, indent: "    "))
            \(statements(of: items, indent: "    "))
            \(statement(of: nodes.count - 1, indent: "    "))
            \(edges.map(statement).joined(separator: "\n"))
            }

            """
    }

    private func statements(of items: [Item], indent: String) -> String {
        items.map { item in
            switch item {
            case .node(let node): statement(of: node, indent: indent)
            case .group(let group): statement(of: group, indent: indent)
            }
        }.joined(separator: "\n")
    }

    private func statement(of index: Int, indent: String) -> String {
        let node = nodes[index]
        let name = indent + Self.quoted(node.id)
        switch node.kind {
        case .sum: return "\(name) [label=\"+\", shape=circle, width=0.3, fixedsize=true, fontsize=16]"
        case .input:
            let classes = node.inputClasses.map { ["whole numbers below \($0)"] } ?? []
            return
                "\(name) [label=\(Self.quoted(([node.name] + classes).joined(separator: "\n"))), fillcolor=\"#e0f2fe\"]"
        case .loss:
            return "\(name) [label=\(Self.quoted("\(node.name)\n\(node.type)")), fillcolor=\"#fef3c7\"]"
        case .layer:
            let count = node.parameterCount
            let head = "\(node.name)\n\(node.type)" + (count > 0 ? ", \(grouped(count)) parameters" : "")
            let tensors = node.tensors.map {
                "\($0.name) \($0.shape): \(grouped($0.count))" + ($0.isBuffer ? " (buffer)" : "")
            }
            return "\(name) [label=\(Self.quoted(([head] + tensors).joined(separator: "\n")))]"
        }
    }

    private func statement(of group: Group, indent: String) -> String {
        let inner = indent + "    "
        let count = parameterCount(of: group.nodes)
        let label = "\(group.name)\n\(group.type)" + (count > 0 ? ", \(grouped(count)) parameters" : "")
        let parts =
            group.chains.map { statements(of: $0.items, indent: inner) } + [
                group.sum.map { statement(of: $0, indent: inner) } ?? ""
            ]
        return """
            \(indent)subgraph \(Self.quoted("cluster \(group.id)")) {
            \(inner)label=\(Self.quoted(label)); labeljust=l; style="rounded,filled"; color="#94a3b8"; fillcolor="#64748b18"
            \(parts.filter { !$0.isEmpty }.joined(separator: "\n"))
            \(indent)}
            """
    }

    /// The edge, and its gradient's way back, which has no say in where the nodes stand.
    private func statement(of edge: Edge) -> String {
        let (from, to) = (Self.quoted(nodes[edge.from].id), Self.quoted(nodes[edge.to].id))
        let label = ([edge.role, Self.batch(edge.shape)] + (edge.carriesGradient ? [] : ["no gradient"]))
            .filter { !$0.isEmpty }.joined(separator: "\n")
        let forward = "    \(from) -> \(to) [label=\(Self.quoted(label))]"
        guard edge.carriesGradient else { return forward }
        return forward + "\n    \(to) -> \(from) [style=dashed, color=\"#c2410c\", constraint=false]"
    }

    private static func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}
