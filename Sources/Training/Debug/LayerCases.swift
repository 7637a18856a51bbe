import Core

/// What `dtrain debug --all-layers` checks of every kind of layer and loss that a configuration can name.
package enum LayerCases {
    package typealias Sizes = [SizeClass: [LayerCase]]

    /// The cases of each kind of layer. A new kind is one entry here.
    package static let layers: [String: Sizes] = [
        // Features along the last axis.
        "linear": [
            .oneRow: [LayerCase("{linear: 33}", [17]), LayerCase("{linear: 5}", [3, 4])],
            .oneFeature: [LayerCase("{linear: 1}", [1])],
            .oddSizes: [
                LayerCase("{linear: {outputs: 33, initializer: he}}", [17]),
                LayerCase("{linear: {outputs: 17, bias: false}}", [5, 7, 3]),
            ],
            .severalShards: [LayerCase("{linear: 32}", [16]), LayerCase("{linear: 16}", [3, 16])],
        ],
        "relu": anyShape("relu"),
        "sigmoid": anyShape("sigmoid"),
        "tanh": anyShape("tanh"),
        "gelu": anyShape("gelu", "{gelu: {approximation: tanh}}"),
        "silu": anyShape("silu"),
        "softmax": anyShape("softmax"),
        "batchnorm": anyShape("batchnorm", "{batchnorm: {epsilon: 1e-3, momentum: 0.5}}"),
        "layernorm": anyShape("layernorm", "{layernorm: {epsilon: 1e-3}}"),
        "dropout": anyShape("{dropout: 0.3}"),

        // The same elements in another shape, and layers inside layers.
        "reshape": [
            .oneRow: [LayerCase("{reshape: [3, 4]}", [12])],
            .oneFeature: [LayerCase("{reshape: [1, 1]}", [1])],
            .oddSizes: [LayerCase("{reshape: [21, 5]}", [5, 7, 3])],
            .severalShards: [LayerCase("{reshape: [4, 2, 2]}", [16])],
        ],
        "flatten": anyShape("flatten"),
        "sequence": [
            .oneRow: [LayerCase("{sequence: [{linear: 9}, tanh, {linear: 5}]}", [7])],
            .oneFeature: [LayerCase("{sequence: [{linear: 1}, tanh]}", [1])],
            .oddSizes: [LayerCase("{sequence: [{linear: 17}, {sequence: [relu, batchnorm]}, {dropout: 0.3}]}", [33])],
            .severalShards: [
                LayerCase("{sequence: [batchnorm, sigmoid, {linear: 16}]}", [16]),
                LayerCase("{sequence: {layers: [batchnorm, {dropout: 0.3}, {linear: 16}], recompute: true}}", [16]),
            ],
        ],
        "residual": [
            .oneRow: [LayerCase("{residual: [{linear: 9}, tanh, {linear: 7}]}", [7])],
            .oneFeature: [LayerCase("{residual: [{linear: 1}, tanh]}", [1])],
            .oddSizes: [
                LayerCase("{residual: [{linear: 5}, relu, {linear: 17}]}", [17]),
                LayerCase("{residual: {layers: [{linear: 7}, tanh], shortcut: [{linear: 7}, sigmoid]}}", [5, 3]),
            ],
            .severalShards: [
                LayerCase("{residual: [{linear: 16}, {residual: [sigmoid, {dropout: 0.3}]}, {linear: 16}]}", [16])
            ],
        ],

        // Images: [height, width, channels].
        "convolution": [
            .oneRow: [LayerCase("{convolution: {outputs: 3, kernel: 3, padding: same}}", [5, 4, 2])],
            .oneFeature: [LayerCase("{convolution: {outputs: 1, kernel: 1}}", [1, 1, 1])],
            .oddSizes: [
                LayerCase("{convolution: {outputs: 17, kernel: [3, 2], stride: [2, 1], padding: [1, 0]}}", [5, 7, 3]),
                LayerCase("{convolution: {outputs: 5, kernel: 3, stride: 3, bias: false}}", [7, 9, 1]),
            ],
            .severalShards: [LayerCase("{convolution: {outputs: 16, kernel: 2, padding: 1}}", [2, 3, 16])],
        ],
        "maxpool": [
            .oneRow: [LayerCase("maxpool", [4, 6, 3])],
            .oneFeature: [LayerCase("{maxpool: 1}", [1, 1, 1])],
            .oddSizes: [
                LayerCase("{maxpool: {kernel: [3, 2], stride: [2, 1]}}", [5, 7, 3]),
                LayerCase("{maxpool: 3}", [7, 7, 17]),
            ],
            .severalShards: [LayerCase("{maxpool: {kernel: 2, stride: 1}}", [3, 3, 16])],
        ],
        "globalAveragePool": [
            .oneRow: [LayerCase("globalAveragePool", [4, 6, 3])],
            .oneFeature: [LayerCase("globalAveragePool", [1, 1, 1])],
            .oddSizes: [LayerCase("globalAveragePool", [5, 7, 3]), LayerCase("globalAveragePool", [17, 33])],
            .severalShards: [LayerCase("globalAveragePool", [4, 16])],
        ],

        // Sequences: [steps, features].
        "attention": [
            .oneRow: [LayerCase("attention", [5, 6])],
            .oneFeature: [LayerCase("attention", [1, 1])],
            .oddSizes: [
                LayerCase("{attention: {width: 17, causal: true}}", [7, 5]),
                LayerCase("{attention: {width: 3, dropout: 0.3, bias: false}}", [17, 5]),
            ],
            .severalShards: [LayerCase("{attention: {width: 16, causal: true, dropout: 0.3}}", [4, 16])],
        ],
        "multiHeadAttention": [
            .oneRow: [LayerCase("{multiHeadAttention: 2}", [5, 6])],
            .oneFeature: [LayerCase("{multiHeadAttention: 1}", [1, 1])],
            .oddSizes: [
                LayerCase("{multiHeadAttention: {heads: 3, causal: true}}", [7, 9]),
                LayerCase("{multiHeadAttention: {heads: 5, dropout: 0.3, bias: false}}", [17, 5]),
            ],
            .severalShards: [LayerCase("{multiHeadAttention: {heads: 2, causal: true, dropout: 0.3}}", [4, 16])],
        ],
        "transformerBlock": [
            .oneRow: [LayerCase("{transformerBlock: 2}", [5, 6])],
            .oneFeature: [LayerCase("{transformerBlock: {heads: 1, hidden: 1}}", [1, 1])],
            .oddSizes: [LayerCase("{transformerBlock: {heads: 3, hidden: 7, causal: true, dropout: 0.3}}", [5, 9])],
            .severalShards: [
                LayerCase("{transformerBlock: {heads: 2, hidden: 16, causal: true, recompute: true}}", [3, 16])
            ],
        ],
        "lstm": [
            .oneRow: [LayerCase("{lstm: 5}", [4, 3])],
            .oneFeature: [LayerCase("{lstm: 1}", [1, 1])],
            .oddSizes: [
                LayerCase("{lstm: {outputs: 17, returns: last}}", [5, 7]), LayerCase("{lstm: 3}", [17, 5]),
            ],
            .severalShards: [LayerCase("{lstm: {outputs: 16, forgetBias: 0}}", [3, 16])],
        ],

        "positionalEmbedding": [
            .oneRow: [LayerCase("positionalEmbedding", [3, 5])],
            .oneFeature: [LayerCase("positionalEmbedding", [1, 1])],
            .oddSizes: [LayerCase("positionalEmbedding", [17, 5]), LayerCase("positionalEmbedding", [7, 33])],
            .severalShards: [LayerCase("positionalEmbedding", [2, 16])],
        ],

        // Tensors that are stretched to a sample, and sums of products with one.
        "add": stretched("add"),
        "multiply": stretched("multiply"),
        "einsum": [
            .oneRow: [
                LayerCase("{einsum: {equation: 'tc,cd->td', weight: [6, 5]}}", [4, 6]),
                LayerCase("{einsum: 'tc->ct'}", [3, 5]),
            ],
            .oneFeature: [LayerCase("{einsum: {equation: 'c,cd->d', weight: [1, 1]}}", [1])],
            .oddSizes: [
                LayerCase("{einsum: {equation: 'hwc,cd->hwd', weight: [3, 17]}}", [5, 7, 3]),
                LayerCase("{einsum: {equation: 'tc,tc->c', weight: [17, 5]}}", [17, 5]),
                LayerCase("{einsum: {equation: 'tc,u->ut', weight: [3]}}", [7, 5]),
                LayerCase("{einsum: 'ttc->tc'}", [7, 7, 3]),
            ],
            .severalShards: [LayerCase("{einsum: {equation: 'tc,dc->td', weight: [16, 16]}}", [3, 16])],
        ],

        // Whole numbers.
        "embedding": [
            .oneRow: [LayerCase("{embedding: {classes: 5, width: 3}}", [17])],
            .oneFeature: [LayerCase("{embedding: {classes: 1, width: 1}}", [1])],
            .oddSizes: [LayerCase("{embedding: {classes: 17, width: 33}}", [7])],
            .severalShards: [LayerCase("{embedding: {classes: 16, width: 16}}", [2, 4])],
        ],
    ]

    /// The shapes of predictions that each kind of loss is checked on. A new loss is one entry here.
    package static let losses: [String: [SizeClass: [Shape]]] = [
        "softmaxCrossEntropy": [
            .oneRow: [[17]], .oneFeature: [[1]], .oddSizes: [[17], [5, 7, 3]], .severalShards: [[16], [2, 16]],
        ],
        "meanSquaredError": [
            .oneRow: [[17]], .oneFeature: [[1]], .oddSizes: [[17], [5, 7, 3]], .severalShards: [[16], [2, 16]],
        ],
    ]

    /// A layer with a learned tensor that is stretched along any axes.
    private static func stretched(_ kind: String) -> Sizes {
        [
            .oneRow: [LayerCase("{\(kind): [5]}", [3, 5]), LayerCase("{\(kind): [3, 1]}", [3, 5])],
            .oneFeature: [LayerCase("{\(kind): [1]}", [1])],
            .oddSizes: [LayerCase("{\(kind): [7, 1]}", [5, 7, 3]), LayerCase("{\(kind): [17, 33]}", [17, 33])],
            .severalShards: [LayerCase("{\(kind): [16]}", [2, 16]), LayerCase("{\(kind): [1]}", [16])],
        ]
    }

    /// A layer that takes samples of any shape, with each of its options.
    private static func anyShape(_ yamls: String...) -> Sizes {
        func cases(_ shapes: Shape...) -> [LayerCase] {
            yamls.flatMap { yaml in shapes.map { LayerCase(yaml, $0) } }
        }
        return [
            .oneRow: cases([17], [5, 7, 3]), .oneFeature: cases([1]), .oddSizes: cases([17], [33], [5, 7, 3]),
            .severalShards: cases([16], [2, 16]),
        ]
    }
}
