import Core

/// What `dtrain debug --all-layers` checks of every kind of layer and loss that a configuration can name.
package enum LayerCases {
    package typealias Sizes = [SizeClass: [LayerCase]]

    /// The cases of each kind of layer. A new kind is one entry here.
    package static let layers: [String: Sizes] = [
        "linear": [
            .oneRow: [LayerCase("{linear: 33}", [17]), LayerCase("{linear: 5}", [3, 4])],
            .oneFeature: [LayerCase("{linear: 1}", [1])],
            .oddSizes: [
                LayerCase("{linear: {outputs: 33, initializer: he}}", [17]),
                LayerCase("{linear: {outputs: 17, bias: false}}", [5, 7, 3]),
            ],
            .severalShards: [LayerCase("{linear: 32}", [16]), LayerCase("{linear: 16}", [3, 16])],
        ],
        "relu": elementwise("relu"),
        "sigmoid": elementwise("sigmoid"),
        "tanh": elementwise("tanh"),
        "softmax": elementwise("softmax"),
        "batchnorm": [
            .oneRow: [LayerCase("batchnorm", [17])],
            .oneFeature: [LayerCase("batchnorm", [1])],
            .oddSizes: [LayerCase("batchnorm", [17]), LayerCase("{batchnorm: {epsilon: 1e-3, momentum: 0.5}}", [33])],
            .severalShards: [LayerCase("batchnorm", [16])],
        ],
        "dropout": elementwise("{dropout: 0.3}"),
        "reshape": [
            .oneRow: [LayerCase("{reshape: [3, 4]}", [12])],
            .oneFeature: [LayerCase("{reshape: [1, 1]}", [1])],
            .oddSizes: [LayerCase("{reshape: [21, 5]}", [5, 7, 3])],
            .severalShards: [LayerCase("{reshape: [4, 2, 2]}", [16])],
        ],
        "flatten": elementwise("flatten"),
        "sequence": [
            .oneRow: [LayerCase("{sequence: [{linear: 9}, tanh, {linear: 5}]}", [7])],
            .oneFeature: [LayerCase("{sequence: [{linear: 1}, tanh]}", [1])],
            .oddSizes: [LayerCase("{sequence: [{linear: 17}, {sequence: [relu, batchnorm]}, {dropout: 0.3}]}", [33])],
            .severalShards: [LayerCase("{sequence: [batchnorm, sigmoid, {linear: 16}]}", [16])],
        ],
        "residual": [
            .oneRow: [LayerCase("{residual: [{linear: 9}, tanh, {linear: 7}]}", [7])],
            .oneFeature: [LayerCase("{residual: [{linear: 1}, tanh]}", [1])],
            .oddSizes: [
                LayerCase("{residual: [{linear: 5}, relu, {linear: 17}]}", [17]),
                LayerCase("{residual: {layers: [{linear: 7}, tanh], shortcut: [{linear: 7}]}}", [5, 3]),
            ],
            .severalShards: [
                LayerCase("{residual: [{linear: 16}, batchnorm, {residual: [sigmoid, {dropout: 0.3}]}]}", [16])
            ],
        ],
    ]

    /// The shapes of predictions that each kind of loss is checked on. A new loss is one entry here.
    package static let losses: [String: [SizeClass: [Shape]]] = [
        "softmaxCrossEntropy": [
            .oneRow: [[17]], .oneFeature: [[1]], .oddSizes: [[17], [33]], .severalShards: [[16]],
        ],
        "meanSquaredError": [
            .oneRow: [[17]], .oneFeature: [[1]], .oddSizes: [[17], [5, 7, 3]], .severalShards: [[16]],
        ],
    ]

    /// Where a gradient is 0 whatever the inputs, and why. To find 0 there is right, but says less than elsewhere.
    package static let zeros: [String: [SizeClass: String]] = [
        "batchnorm": [.oneRow: "A single row is its own mean, so that x̂ is 0 whatever the input."],
        "residual": [.severalShards: "Batchnorm takes any constant away again."],
        "softmax": [.oneFeature: "The only share is 1 whatever the input."],
        "softmaxCrossEntropy (classes)": [.oneFeature: onlyClass],
        "softmaxCrossEntropy (values)": [.oneFeature: onlyClass],
    ]

    private static let onlyClass = "The only class has probability 1 whatever the prediction."

    /// A layer that takes samples of any shape.
    private static func elementwise(_ yaml: String) -> Sizes {
        [
            .oneRow: [LayerCase(yaml, [17]), LayerCase(yaml, [5, 7, 3])],
            .oneFeature: [LayerCase(yaml, [1])],
            .oddSizes: [LayerCase(yaml, [17]), LayerCase(yaml, [33]), LayerCase(yaml, [5, 7, 3])],
            .severalShards: [LayerCase(yaml, [16]), LayerCase(yaml, [2, 16])],
        ]
    }
}
