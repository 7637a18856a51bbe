import Core
import Distributed
import Storage
import Testing
import Training

/// What a graph says of a network.
@Suite struct NetworkGraphTests {
    /// Worked by hand: who feeds whom, with which shape, and where gradients go.
    @Test func aGraphIsTheNetwork() throws {
        let graph = try GraphCase.nested.graph
        #expect(
            graph.nodes.map(\.id) == [
                "(input)", "sequence1/linear1", "sequence1/residual1/sequence1/linear1",
                "sequence1/residual1/sequence1/batchnorm1", "sequence1/residual1/dropout1", "sequence1/residual1/(sum)",
                "sequence1/tanh1", "linear1", "(loss)",
            ])
        #expect(
            graph.nodes.map(\.type) == [
                "", "linear", "linear", "batchnorm", "dropout", "", "tanh", "linear", "softmaxCrossEntropy",
            ])
        #expect(
            graph.nodes.map { $0.outputShape?.dimensions } == [[12], [4], [4], [4], [4], [4], [4], [3], nil])
        #expect(graph.nodes.map(\.parameterCount) == [0, 52, 20, 8, 0, 0, 0, 15, 0])
        #expect(graph.edges.map(\.from) == [0, 1, 2, 3, 4, 1, 5, 6, 7])
        #expect(graph.edges.map(\.to) == [1, 2, 3, 4, 5, 5, 6, 7, 8])
        #expect(graph.edges.map(\.role) == ["", "", "", "", "branch", "shortcut", "", "", ""])
        #expect(graph.edges.map(\.shape.dimensions) == [[12], [4], [4], [4], [4], [4], [4], [4], [3]])
        #expect(graph.edges.map(\.carriesGradient) == [false] + Array(repeating: true, count: 8))
        #expect(
            graph.nodes[3].tensors.map { "\($0.name) \($0.shape) \($0.isBuffer)" } == [
                "gamma [4] false", "beta [4] false", "running_mean [4] true", "running_variance [4] true",
            ])
        #expect(graph.parameterCount == 95 && graph.activationCount == 5 * 4 + 3)
        guard case .group(let sequence) = graph.items[0], case .group(let residual) = sequence.chains[0].items[1] else {
            Issue.record("\(graph.items)")
            return
        }
        #expect(sequence.nodes == 1..<7 && sequence.sum == nil && sequence.type == "sequence")
        #expect(residual.nodes == 2..<6 && residual.sum == 5 && residual.id == "sequence1/residual1")
        #expect(residual.chains.map(\.role) == ["branch", "shortcut"] && residual.chains[1].items.isEmpty)
    }

    /// Whole numbers have no gradient.
    @Test func wholeNumbersTakeNoGradient() throws {
        let start = try GraphCase.wholeNumbers.graph
        #expect(start.nodes[0].inputClasses == 65)
        #expect(start.edges.map(\.carriesGradient) == [false, true, true])
    }

    /// The marks are those of a step: the gradient that a layer's backward pass is asked for. Layers before the first with
    /// parameters have no backward pass.
    @Test(arguments: [
        "[{linear: 6}, relu, {residual: [{linear: 6}, tanh]}, {linear: 10}]",
        "[{residual: {layers: [{residual: [{linear: 784}, batchnorm]}, {linear: 8}], shortcut: [{sequence: [{linear: 8}]}]}}, {linear: 10}]",
        "[{reshape: [28, 28]}, {dropout: 0.1}, {lstm: {outputs: 8, returns: last}}, tanh, {linear: 10}]",
        """
        [{reshape: [28, 28, 1]}, {residual: {layers: [tanh, {convolution: {outputs: 1, kernel: 2, stride: 2}}], \
        shortcut: [{maxpool: 2}]}}, flatten, {linear: 10}]
        """,
    ])
    func marksAreWhatTheBackwardPassDoes(network: String) throws {
        let configuration = try Configuration(yaml: "network: \(network)")
        let trainer = try Trainer(
            configuration, datasets: try Datasets.bundled(), communicator: SingleCommunicator())
        let observer = GradientNotes()
        trainer.network.observer = observer
        _ = trainer.step(0)
        let graph = NetworkGraph(trainer.network, loss: configuration.loss)
        var marks: [String: Bool] = [:]
        for edge in graph.edges where graph.nodes[edge.to].kind == .layer {
            marks[graph.nodes[edge.to].id] = edge.carriesGradient
        }
        #expect(marks.count > 3 && Set(marks.values).count == 2)
        let asked = observer.isAsked.filter { marks[$0.key] != nil }
        #expect(marks.mapValues { _ in false }.merging(asked) { $1 } == marks)
        let trained = graph.nodes.filter { node in node.tensors.contains { !$0.isBuffer } }
        #expect(trained.allSatisfy { asked[$0.id] != nil })
    }
}

/// Notes which layers were asked for the gradient of their input.
private final class GradientNotes: PassObserver {
    private(set) var isAsked: [String: Bool] = [:]

    func didForward(layer: any Layer<Float>, index: Int, output: TensorView<Float>, context: PassContext) {}

    func didDifferentiateLoss(_ kind: String, gradient: TensorView<Float>, context: PassContext) {}

    func didBackward(
        layer: any Layer<Float>, index: Int, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>,
        context: PassContext
    ) {
        isAsked[layer.name] = inputGradient != nil
    }

    func didBackwardInside(
        layer: any Layer<Float>, inputGradient: TensorView<Float>?, arena: ParameterArena<Float>, context: PassContext
    ) {
        isAsked[layer.name] = inputGradient != nil
    }
}
