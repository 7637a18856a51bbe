/// The sizes of a drawing, in the units of CSS: 96 an inch.
enum GraphMetrics {
    static let fontSize = 13.0
    static let lineHeight = 18.0
    /// Between a box's border and its text, and a frame's and its boxes.
    static let padding = 14.0
    /// Between two boxes: room for two lines of notes beside the arrow.
    static let gap = 50.0
    /// Between a box and a frame below it.
    static let frameGap = 28.0
    /// Above the first box in a frame: three lines of title.
    static let header = 72.0
    /// The same where lines branch off.
    static let forkHeader = 92.0
    /// Where they do, from the frame's top.
    static let fork = 20.0
    /// From the axis to the forward line on its right and to the gradient's on its left.
    static let lane = 6.0
    static let sumRadius = 13.0
    static let margin = 24.0
    static let minimumBoxWidth = 150.0

    /// The width of a line in a font whose letters are all as wide: none of those that the drawing names is wider.
    static func width(_ text: String, size: Double = fontSize) -> Double {
        (Double(text.count) * size * 0.62).rounded(.up)
    }

    /// What is written beside an edge.
    static func notes(on edge: NetworkGraph.Edge) -> [String] {
        [NetworkGraph.batch(edge.shape)] + (edge.carriesGradient ? [] : ["no gradient"])
    }

    /// From the axis to the end of what is written beside an edge.
    static func width(ofNotesOn edge: NetworkGraph.Edge) -> Double {
        noteOffset + (notes(on: edge) + [edge.role]).map { width($0) }.max()!
    }

    /// From the axis to the notes.
    static let noteOffset = 14.0

    /// What is written at a frame's corner.
    static func title(of group: NetworkGraph.Group, in graph: NetworkGraph) -> [String] {
        let count = graph.parameterCount(of: group.nodes)
        return [group.name, group.type] + (count > 0 ? ["\(grouped(count)) parameters"] : [])
    }
}
