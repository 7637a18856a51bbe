extension LayerDrawing {
    /// One kind of layer, as it is drawn.
    struct Kind: Sendable {
        /// How many axes a sample may have.
        let axes: ClosedRange<Int>
        /// Whether the output always has the input's shape.
        let keepsShape: Bool
        let isContainer: Bool
        /// Whether it takes whole numbers, which the data have and no layer gives.
        let isFirst: Bool
        /// How often it is drawn; what depends on the batch, or on a row's place in it, more often than what does not.
        let tickets: Int
        /// Draws one that takes samples of `shape`, which becomes that of its outputs.
        let draw: @Sendable (inout LayerDrawing) -> String

        init(
            axes: ClosedRange<Int> = 1...3, keepsShape: Bool = false, isContainer: Bool = false,
            isFirst: Bool = false, tickets: Int = 1, draw: @escaping @Sendable (inout LayerDrawing) -> String
        ) {
            self.axes = axes
            self.keepsShape = keepsShape
            self.isContainer = isContainer
            self.isFirst = isFirst
            self.tickets = isFirst ? 0 : tickets
            self.draw = draw
        }
    }

    /// The kinds of layers that a case may have, by their names in the configuration. A new kind is one entry here.
    static let kinds: [String: Kind] = [
        "linear": Kind { drawing in
            let width = drawing.width()
            drawing.shape[drawing.shape.count - 1] = width
            let initializer = drawing.numbers.element(of: ["he", "glorot", "{normal: 0.2}"])
            return "{linear: {outputs: \(width), bias: \(!drawing.numbers.once(in: 4)), initializer: \(initializer)}}"
        },
        "relu": Kind(keepsShape: true) { _ in "relu" },
        "tanh": Kind(keepsShape: true) { _ in "tanh" },
        "sigmoid": Kind(keepsShape: true) { _ in "sigmoid" },
        "softmax": Kind(keepsShape: true) { _ in "softmax" },
        "silu": Kind(keepsShape: true) { _ in "silu" },
        "gelu": Kind(keepsShape: true) { drawing in
            "{gelu: {approximation: \(drawing.numbers.element(of: ["none", "tanh"]))}}"
        },
        "layernorm": Kind(keepsShape: true) { _ in "layernorm" },
        "batchnorm": Kind(keepsShape: true, tickets: 3) { drawing in
            "{batchnorm: {momentum: \(drawing.numbers.element(of: ["0.1", "0.5", "1"]))}}"
        },
        "dropout": Kind(keepsShape: true, tickets: 3) { drawing in
            "{dropout: \(drawing.numbers.element(of: ["0.1", "0.3", "0.7"]))}"
        },
        "attention": Kind(axes: 2...2) { drawing in
            let width = drawing.width()
            drawing.shape[1] = width
            return "{attention: {width: \(width), \(drawing.attentionOptions())}}"
        },
        "multiHeadAttention": Kind(axes: 2...2, keepsShape: true) { drawing in
            "{multiHeadAttention: {heads: \(drawing.divisor(of: drawing.shape[1])), \(drawing.attentionOptions())}}"
        },
        "transformerBlock": Kind(axes: 2...2, keepsShape: true) { drawing in
            let heads = drawing.divisor(of: drawing.shape[1])
            let options =
                "causal: \(drawing.numbers.once(in: 2)), dropout: \(drawing.numbers.element(of: ["0", "0.3"]))"
            let hidden = drawing.numbers.integer(1...33)
            let recomputes = drawing.numbers.once(in: 2)
            return "{transformerBlock: {heads: \(heads), hidden: \(hidden), \(options), recompute: \(recomputes)}}"
        },
        "lstm": Kind(axes: 2...2) { drawing in
            let width = drawing.width()
            let isLast = drawing.numbers.once(in: 2)
            drawing.shape = isLast ? [width] : [drawing.shape[0], width]
            return "{lstm: {outputs: \(width), returns: \(isLast ? "last" : "sequence")}}"
        },
        "positionalEmbedding": Kind(axes: 2...2, keepsShape: true) { _ in "positionalEmbedding" },
        "add": Kind(keepsShape: true) { drawing in "{add: \(drawing.stretched())}" },
        "multiply": Kind(keepsShape: true) { drawing in "{multiply: \(drawing.stretched())}" },
        "einsum": Kind { drawing in
            let axes = drawing.shape.count
            let letters = String("hwc".suffix(axes))
            guard drawing.numbers.once(in: 2) else {
                drawing.shape.reverse()
                return "{einsum: '\(letters)->\(String(letters.reversed()))'}"
            }
            let width = drawing.width()
            let weight = [drawing.shape[axes - 1], width]
            drawing.shape[axes - 1] = width
            return "{einsum: {equation: '\(letters),cd->\(letters.dropLast())d', weight: \(weight)}}"
        },
        "embedding": Kind(axes: 1...1, isFirst: true) { drawing in
            let width = drawing.numbers.integer(1...9)
            drawing.shape.append(width)
            return "{embedding: {classes: \(SmallData.wholeNumberCount), width: \(width)}}"
        },
        "convolution": Kind(axes: 3...3) { drawing in
            let outputs = drawing.width()
            let isSame = drawing.numbers.once(in: 3)
            let padding = isSame ? [1, 0] : [drawing.numbers.integer(0...1), drawing.numbers.integer(0...1)]
            let kernel = isSame ? [3, 1] : drawing.kernel(padding: padding)
            let stride = isSame ? [1, 1] : [drawing.numbers.integer(1...2), drawing.numbers.integer(1...2)]
            drawing.slide(kernel: kernel, stride: stride, padding: padding)
            drawing.shape[2] = outputs
            return """
                {convolution: {outputs: \(outputs), kernel: \(kernel), stride: \(stride), \
                padding: \(isSame ? "same" : "\(padding)"), bias: \(!drawing.numbers.once(in: 4))}}
                """
        },
        "maxpool": Kind(axes: 3...3) { drawing in
            let kernel = drawing.kernel(padding: [0, 0])
            let stride = [drawing.numbers.integer(1...2), drawing.numbers.integer(1...2)]
            drawing.slide(kernel: kernel, stride: stride, padding: [0, 0])
            return "{maxpool: {kernel: \(kernel), stride: \(stride)}}"
        },
        "globalAveragePool": Kind(axes: 2...3) { drawing in
            drawing.shape = [drawing.shape.last!]
            return "globalAveragePool"
        },
        "reshape": Kind { drawing in drawing.reshape(axes: drawing.numbers.integer(1...3)) },
        "flatten": Kind { drawing in
            drawing.shape = [drawing.shape.reduce(1, *)]
            return "flatten"
        },
        "sequence": Kind(isContainer: true, tickets: 2) { drawing in
            let recomputes = drawing.numbers.once(in: 2)
            return "{sequence: {layers: \(drawing.inside { $0.any(1...2) }), recompute: \(recomputes)}}"
        },
        "residual": Kind(isContainer: true, tickets: 2) { drawing in
            guard drawing.numbers.once(in: 2) else {
                return
                    "{residual: \(drawing.inside { inner in (0..<inner.numbers.integer(1...2)).map { _ in inner.keeping() } })}"
            }
            let width = drawing.width()
            let branch = drawing.inside { inner in
                let first = inner.keeping()
                inner.shape[inner.shape.count - 1] = width
                return [first, "{linear: \(width)}", inner.keeping()]
            }
            return "{residual: {layers: \(branch), shortcut: [{linear: \(width)}]}}"
        },
    ]

    /// The kinds in the order of the alphabet, the same in every process.
    static let kindNames = kinds.keys.sorted()

    /// The kinds, each as often as it has tickets.
    static let tickets = kindNames.flatMap { [String](repeating: $0, count: kinds[$0]!.tickets) }

    private mutating func attentionOptions() -> String {
        let dropout = numbers.element(of: ["0", "0.3"])
        return "causal: \(numbers.once(in: 2)), dropout: \(dropout), bias: \(!numbers.once(in: 4))"
    }

    /// A shape that can be stretched to `shape`: its last axes, any of them 1.
    private mutating func stretched() -> [Int] {
        shape.suffix(numbers.integer(1...shape.count)).map { numbers.once(in: 3) ? 1 : $0 }
    }

    /// A number of which `whole` is a multiple.
    mutating func divisor(of whole: Int) -> Int {
        numbers.element(of: (1...whole).filter { whole.isMultiple(of: $0) })
    }

    /// Height and width of a window that fits into an image of `shape`.
    private mutating func kernel(padding: [Int]) -> [Int] {
        (0..<2).map { numbers.integer(1...min(3, shape[$0] + 2 * padding[$0])) }
    }

    /// Makes `shape` that of the windows of an image, `⌊(extent + 2·padding − kernel) / stride⌋ + 1` of them each way.
    private mutating func slide(kernel: [Int], stride: [Int], padding: [Int]) {
        for axis in 0..<2 { shape[axis] = (shape[axis] + 2 * padding[axis] - kernel[axis]) / stride[axis] + 1 }
    }
}
