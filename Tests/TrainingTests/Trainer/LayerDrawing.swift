/// Draws layers that fit one after the other.
struct LayerDrawing {
    var numbers: DrawnNumbers
    /// The shape of one sample after the layers that have been drawn.
    var shape: [Int]
    /// Those of them that are the ends of containers still to be closed.
    private var depth = 0

    init(_ numbers: DrawnNumbers, shape: [Int]) {
        self.numbers = numbers
        self.shape = shape
    }

    /// Layers that take `shape` to `[outputs]`, one of them of `kind`.
    mutating func network(with kind: String, outputs: Int) -> [String] {
        let others = numbers.integer(0...3)
        let place = Self.kinds[kind]!.isFirst ? 0 : numbers.integer(0...others)
        var layers = (0...others).flatMap { fitting($0 == place ? kind : anyKind()) }
        if shape.count > 1 { layers += fitting("flatten") }
        layers.append("{linear: \(outputs)}")
        shape = [outputs]
        if numbers.once(in: 4) { layers.append(keeping()) }
        return layers
    }

    /// One layer of a kind, after a reshape where it does not take samples of as many axes.
    mutating func fitting(_ kind: String) -> [String] {
        let drawn = Self.kinds[kind]!
        var layers: [String] = []
        if !drawn.axes.contains(shape.count) { layers.append(reshape(axes: numbers.integer(drawn.axes))) }
        layers.append(drawn.draw(&self))
        return layers
    }

    /// Layers of kinds that nobody chose.
    mutating func any(_ count: ClosedRange<Int>) -> [String] {
        (0..<numbers.integer(count)).flatMap { _ in fitting(anyKind()) }
    }

    /// A layer that takes samples of `shape` and leaves them in it.
    mutating func keeping() -> String {
        let axes = shape.count
        let kinds = Self.tickets.filter { Self.kinds[$0]!.keepsShape && Self.kinds[$0]!.axes.contains(axes) }
        return Self.kinds[numbers.element(of: kinds)]!.draw(&self)
    }

    private mutating func anyKind() -> String {
        numbers.element(of: depth < 2 ? Self.tickets : Self.tickets.filter { !Self.kinds[$0]!.isContainer })
    }

    /// The layers that `body` draws, one level further inside.
    mutating func inside(_ body: (inout LayerDrawing) -> [String]) -> String {
        depth += 1
        defer { depth -= 1 }
        return "[\(body(&self).joined(separator: ", "))]"
    }

    /// The same elements along `axes` axes.
    mutating func reshape(axes: Int) -> String {
        var rest = shape.reduce(1, *)
        var extents: [Int] = []
        for _ in 1..<axes {
            let extent = divisor(of: rest)
            extents.append(extent)
            rest /= extent
        }
        shape = extents + [rest]
        return "{reshape: [\(shape.map(String.init).joined(separator: ", "))]}"
    }

    /// How many features a layer makes of the last axis: now and then so many that weights are several blocks of 1,024.
    mutating func width() -> Int {
        let rows = shape.dropLast().reduce(1, *)
        let width = numbers.once(in: 5) ? numbers.integer(90...130) : numbers.integer(1...33)
        // Over all rows of a sample no more than a flat one may have, so that a case takes no time.
        return max(1, min(width, 130 / rows))
    }
}
