import Core
import Testing
import Training

/// A network of which all three forms are looked at.
struct GraphCase: CustomTestStringConvertible, Sendable {
    let testDescription: String
    let layers: @Sendable () throws -> [NamedLayer]
    private let inputShape: Shape

    private init(_ description: String, inputShape: Shape = [12], _ yaml: String) {
        testDescription = description
        self.inputShape = inputShape
        layers = { try Configuration(yaml: "network: \(yaml)").network }
    }

    private init(_ description: String, _ layers: @escaping @Sendable () -> [NamedLayer]) {
        testDescription = description
        inputShape = [3]
        self.layers = layers
    }

    var graph: NetworkGraph {
        get throws {
            NetworkGraph(
                try Network<Float>(try layers(), inputShape: inputShape), loss: SoftmaxCrossEntropyDescription())
        }
    }

    static let all: [GraphCase] = [
        GraphCase("the default network", inputShape: [784], Configuration.defaultNetwork),
        GraphCase("a layer alone", "[tanh]"),
        GraphCase("a sequence of steps", inputShape: [5, 12], "[{linear: 7}, relu, flatten, {linear: 3}]"),
        nested,
        GraphCase(
            "shortcuts with layers",
            "[{linear: 8}, {residual: {layers: [{residual: [{residual: [{linear: 8}]}]}, {linear: 4}], "
                + "shortcut: [{sequence: [{linear: 6}, {residual: [sigmoid, {linear: 6}]}]}, {linear: 4}]}}, softmax]"),
        GraphCase(
            "shortcuts from the input",
            "[{residual: {layers: [{residual: [{linear: 12}]}, tanh], shortcut: [{residual: [relu]}]}}, {linear: 2}]"),
        GraphCase(
            "names that mean something",
            "[{linear: {outputs: 12, name: input}}, {residual: {layers: [{relu: {name: loss}}], name: sum}}, "
                + "{tanh: {name: loss}}, {linear: {outputs: 4, name: a-very_long-name_that_no-box_expects_at_all}}]"),
        GraphCase(
            "thirty layers",
            "[" + Array(repeating: "{residual: [batchnorm, relu, {linear: 12}]}", count: 10).joined(separator: ", ")
                + "]"),
        wholeNumbers,
    ]

    /// A sequence in a residual in a sequence.
    static let nested = GraphCase(
        "nested containers",
        "[{sequence: [{linear: 4}, {residual: [{sequence: [{linear: 4}, batchnorm]}, {dropout: 0.1}]}, tanh]}, {linear: 3}]"
    )

    static let wholeNumbers = GraphCase("whole numbers at the start") {
        [
            NamedLayer(
                name: "sequence1",
                description: SequenceDescription([
                    NamedLayer(name: "classes1", description: ClassesDescription()),
                    NamedLayer(name: "relu1", description: ReLUDescription()),
                ]))
        ]
    }
}

/// Stands for a layer whose inputs are whole numbers below 65.
private struct ClassesDescription: LayerDescription {
    let kind = "classes"
    let inputClasses: Int? = 65

    func makeLayer<Scalar: TrainingScalar>(
        name: String, ordinal: Int, inputShape: Shape, arena: ParameterArena<Scalar>
    ) throws(ShapeError) -> any Layer<Scalar> {
        try LinearDescription(outputs: inputShape.last).makeLayer(
            name: name, ordinal: ordinal, inputShape: inputShape, arena: arena)
    }
}
