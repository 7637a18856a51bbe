extension LayerCases {
    /// Where a gradient of a kind, or of a loss, is 0 whatever the inputs, and why. To find 0 there is right, but says less than
    /// elsewhere.
    package static let zeros: [String: [SizeClass: String]] = [
        "attention": attention,
        "batchnorm": [.oneRow: "A single row is its own mean, so that x̂ is 0."],
        "layernorm": [.oneFeature: "A single feature is its own mean, so that x̂ is 0."],
        "lstm": [.oneFeature: "Before the only step there is no state that a weight could count."],
        "multiHeadAttention": attention,
        "softmax": [.oneFeature: "The only share is 1."],
        "softmaxCrossEntropy (classes)": [.oneFeature: onlyClass],
        "softmaxCrossEntropy (values)": [.oneFeature: onlyClass],
        "transformerBlock": attention.merging([
            .oneFeature: "A single feature is its own mean, and the only step attends to itself."
        ]) { $1 },
    ]

    private static let onlyClass = "The only class has probability 1."

    private static let attention: [SizeClass: String] = {
        let bias = "A key's bias adds the same to every score of a query, and softmax takes it away again."
        return [
            .oneRow: bias, .oneFeature: "The only step attends to itself, with weight 1.", .oddSizes: bias,
            .severalShards: bias,
        ]
    }()
}
