import Core
import Testing
import Training

/// Text, DOT and SVG of a graph: each has every node, parameter and edge, with the same numbers.
@Suite struct GraphFormTests {
    /// To be found by eye.
    @Test func aTextIsATree() throws {
        let graph = try GraphCase.nested.graph
        #expect(
            graph.text == """
                layer                           kind                 input    output    dX   parameters
                ──────────────────────────────  ───────────────────  ───────  ────────  ───  ──────────
                input                                                         [N, 12]
                sequence1                       sequence             [N, 12]  [N, 4]    no           80
                  linear1                       linear               [N, 12]  [N, 4]    no           52
                    weight [12, 4]                                                                   48
                    bias [4]                                                                          4
                  residual1                     residual             [N, 4]   [N, 4]    yes          28
                    branch
                      sequence1                 sequence             [N, 4]   [N, 4]    yes          28
                        linear1                 linear               [N, 4]   [N, 4]    yes          20
                          weight [4, 4]                                                              16
                          bias [4]                                                                    4
                        batchnorm1              batchnorm            [N, 4]   [N, 4]    yes           8
                          gamma [4]                                                                   4
                          beta [4]                                                                    4
                          running_mean [4]      buffer of 4
                          running_variance [4]  buffer of 4
                      dropout1                  dropout              [N, 4]   [N, 4]    yes           0
                    shortcut                    identity
                    + branch                    sum                  [N, 4]             yes
                    + shortcut                  sum                  [N, 4]   [N, 4]    yes
                  tanh1                         tanh                 [N, 4]   [N, 4]    yes           0
                linear1                         linear               [N, 4]   [N, 3]    yes          15
                  weight [4, 3]                                                                      12
                  bias [3]                                                                            3
                loss                            softmaxCrossEntropy  [N, 3]   1 number  yes

                parameters   95 in 8 arrays
                buffers      8 in 2 arrays, not trained
                activations  23 elements a sample: the outputs of all layers

                dX: whether the backward pass computes the gradient of what comes in. Nobody needs it where no layer before has parameters.
                """)
    }

    @Test(arguments: GraphCase.all)
    func theTextHasEverything(graphCase: GraphCase) throws {
        let graph = try graphCase.graph
        // Columns are two or more spaces apart; the words of one are not.
        let rows = graph.text.split(separator: "\n").map { line in
            line.split(separator: "  ").map { String($0.trimmingPrefix { $0 == " " }) }
        }
        var layers = rows.drop { $0.first?.hasPrefix("─") != true }.dropFirst()[...]
        for node in graph.nodes where node.kind == .layer {
            let edge = try #require(graph.edges.first { graph.nodes[$0.to].id == node.id })
            let row = [
                node.name, node.type, batch(edge.shape), batch(try #require(node.outputShape)),
                edge.carriesGradient ? "yes" : "no", grouped(node.parameterCount),
            ]
            layers = layers.drop { $0 != row }.dropFirst()
            for tensor in node.tensors {
                let name = "\(tensor.name) \(tensor.shape)"
                let expected = tensor.isBuffer ? "buffer of \(grouped(tensor.count))" : grouped(tensor.count)
                #expect(layers.first == [name, expected], "after \(row)")
                layers = layers.dropFirst()
            }
        }
        #expect(!layers.isEmpty, "the loss follows the last layer")
        // A mark an edge, and one a container.
        let marks = rows.filter { $0.contains("yes") || $0.contains("no") }
        let groups = Self.groups(in: graph.items)
        #expect(marks.count == graph.edges.count + groups.count)
        for group in groups {
            let row = [group.name, group.type, batch(group.inputShape), batch(group.outputShape)]
            #expect(rows.contains { Array($0.prefix(4)) == row })
            guard let sum = group.sum else { continue }
            for edge in graph.edges(into: sum) {
                let mark = edge.carriesGradient ? "yes" : "no"
                #expect(
                    rows.contains { $0.first == "+ \(edge.role)" && $0[2] == batch(edge.shape) && $0.contains(mark) })
            }
        }
        #expect(graph.text.contains("parameters   \(grouped(graph.parameterCount)) in "))
        #expect(graph.text.contains("activations  \(grouped(graph.activationCount)) elements"))
    }

    @Test(arguments: GraphCase.all)
    func theDOTHasEverything(graphCase: GraphCase) throws {
        let graph = try graphCase.graph
        let lines = graph.dot.split(separator: "\n").map { $0.trimmingPrefix { $0 == " " } }
        for node in graph.nodes {
            let line = try #require(lines.first { $0.hasPrefix("\"\(node.id)\" [label=") }, "\(node.id)")
            #expect(lines.filter { $0.hasPrefix("\"\(node.id)\" [label=") }.count == 1)
            let type = node.type.isEmpty ? "" : "\\n\(node.type)"
            #expect(line.contains("[label=\"\(node.name)\(type)"))
            #expect(node.parameterCount == 0 || line.contains(", \(grouped(node.parameterCount)) parameters"))
            for tensor in node.tensors {
                let text = "\\n\(tensor.name) \(tensor.shape): \(grouped(tensor.count))"
                #expect(line.contains(text + (tensor.isBuffer ? " (buffer)" : "")), "\(node.id) \(tensor.name)")
            }
        }
        let arrows = lines.filter { $0.contains("\" -> \"") }
        for edge in graph.edges {
            let (from, to) = (graph.nodes[edge.from].id, graph.nodes[edge.to].id)
            let notes = [edge.role, batch(edge.shape), edge.carriesGradient ? "" : "no gradient"]
            let label = notes.filter { !$0.isEmpty }.joined(separator: "\\n")
            #expect(arrows.contains { $0 == "\"\(from)\" -> \"\(to)\" [label=\"\(label)\"]" })
            #expect(arrows.contains { $0.hasPrefix("\"\(to)\" -> \"\(from)\" [style=dashed") } == edge.carriesGradient)
        }
        #expect(arrows.count == graph.edges.count + graph.edges.filter(\.carriesGradient).count)
        for group in Self.groups(in: graph.items) { #expect(graph.dot.contains("subgraph \"cluster \(group.id)\" {")) }
        #expect(lines.filter { $0.hasSuffix("{") }.count == lines.filter { $0 == "}" }.count)
        #expect(graph.dot.contains("parameters \(grouped(graph.parameterCount)) in "))
    }

    @Test(arguments: GraphCase.all)
    func theDrawingHasEverything(graphCase: GraphCase) throws {
        let graph = try graphCase.graph
        let drawing = try Drawing(graph.svg)
        #expect(drawing.boxes.map(\.title).sorted() == graph.nodes.map(\.id).sorted())
        #expect(drawing.frames.map(\.title).sorted() == Self.groups(in: graph.items).map(\.id).sorted())
        for node in graph.nodes {
            let texts = drawing.texts.filter { $0.title == node.id }.map(\.text)
            var expected = [node.name, node.type].filter { !$0.isEmpty }
            if node.kind == .input, let classes = node.inputClasses {
                expected.append("whole numbers below \(classes)")
            }
            if node.parameterCount > 0 { expected.append("\(grouped(node.parameterCount)) parameters") }
            for tensor in node.tensors {
                expected += [
                    "\(tensor.name) \(tensor.shape)" + (tensor.isBuffer ? " buffer" : ""), grouped(tensor.count),
                ]
            }
            #expect(texts == expected)
        }
        var lines: [String] = []
        for edge in graph.edges {
            let (from, to) = (graph.nodes[edge.from].id, graph.nodes[edge.to].id)
            lines.append("forward: \(from) → \(to) \(batch(edge.shape))")
            if edge.carriesGradient { lines.append("gradient: gradient of \(to) → \(from) \(batch(edge.shape))") }
        }
        #expect(drawing.lines.map { "\($0.kind): \($0.title)" }.sorted() == lines.sorted())
        let notes = drawing.texts.filter { $0.title.isEmpty }
        #expect(
            notes.filter { $0.kind == "shape" }.map(\.text).sorted() == graph.edges.map { batch($0.shape) }.sorted())
        #expect(notes.filter { $0.kind == "noGradient" }.count == graph.edges.filter { !$0.carriesGradient }.count)
        #expect(notes.contains { $0.text.hasPrefix("parameters \(grouped(graph.parameterCount)) in ") })
    }

    /// Nothing lies on something else, nothing is cut off.
    @Test(arguments: GraphCase.all)
    func theDrawingIsInOrder(graphCase: GraphCase) throws {
        let graph = try graphCase.graph
        let drawing = try Drawing(graph.svg)
        let canvas = Drawing.Rectangle(
            kind: "", title: "", x: 0, y: 0, width: drawing.width, height: drawing.height)
        for (index, box) in drawing.boxes.enumerated() {
            #expect(canvas.contains(box), "\(box)")
            for other in drawing.boxes.dropFirst(index + 1) { #expect(!box.overlaps(other), "\(box) and \(other)") }
            for frame in drawing.frames {
                let isInside = box.title.hasPrefix(frame.title + "/")
                #expect(isInside ? frame.contains(box) : !frame.overlaps(box), "\(box) and \(frame)")
            }
        }
        for (index, frame) in drawing.frames.enumerated() {
            #expect(canvas.contains(frame), "\(frame)")
            for other in drawing.frames.dropFirst(index + 1) {
                #expect(frame.contains(other) == other.title.hasPrefix(frame.title + "/"))
                #expect(frame.contains(other) || !frame.overlaps(other), "\(frame) and \(other)")
            }
        }
        let texts = drawing.texts.map { ($0, extent(of: $0)) }
        for (text, extent) in texts {
            #expect(canvas.contains(extent), "\(text)")
            if let box = drawing.boxes.first(where: { $0.title == text.title }), box.kind != "sumCircle" {
                #expect(box.contains(extent), "\(text)")
            } else if let frame = drawing.frames.first(where: { $0.title == text.title }) {
                #expect(frame.contains(extent), "\(text)")
                #expect(!drawing.boxes.contains { $0.overlaps(extent) }, "\(text)")
            } else if text.title.isEmpty {
                #expect(!drawing.boxes.contains { $0.overlaps(extent) }, "\(text)")
            }
        }
        for (index, (text, extent)) in texts.enumerated() {
            for (other, otherExtent) in texts.dropFirst(index + 1) {
                #expect(!extent.overlaps(otherExtent), "\(text) and \(other)")
            }
        }
        for line in drawing.lines {
            let ends = line.title.replacing("gradient of ", with: "").split(separator: " ")
            let first = try #require(drawing.boxes.first { $0.title == ends[0] })
            let second = try #require(drawing.boxes.first { $0.title == ends[2] })
            // Gradients are drawn from where they come to.
            let isForward = line.kind == "forward"
            #expect((isForward ? first : second).touches(line.start), "\(line)")
            #expect((isForward ? second : first).touches(line.end), "\(line)")
        }
    }

    /// Where a text is in DejaVu Sans Mono, whose letters are 0.602 of their height wide.
    private func extent(of text: Drawing.Text) -> Drawing.Rectangle {
        let width = Double(text.text.count) * 13 * 0.602
        let x = text.kind.hasSuffix(" end") ? text.x - width : text.kind == "sum" ? text.x - width / 2 : text.x
        return Drawing.Rectangle(kind: text.kind, title: text.title, x: x, y: text.y - 10, width: width, height: 13)
    }

    private func batch(_ shape: Shape) -> String {
        "[N, " + shape.dimensions.map(String.init).joined(separator: ", ") + "]"
    }

    private static func groups(in items: [NetworkGraph.Item]) -> [NetworkGraph.Group] {
        items.flatMap { item -> [NetworkGraph.Group] in
            guard case .group(let group) = item else { return [] }
            return [group] + group.chains.flatMap { groups(in: $0.items) }
        }
    }
}
