import Core
import Testing
import Training

@Suite struct ConfigurationTests {
    /// The message of the error that reading gives.
    private func message(_ yaml: String? = nil, _ overrides: [ConfigurationOverride] = []) -> String {
        do {
            _ = try Configuration(yaml: yaml, file: "train.yaml", overrides: overrides)
            return "no error"
        } catch {
            return "\(error)"
        }
    }

    @Test func defaultsAreTheDefaultNetwork() throws {
        let configuration = try Configuration()
        #expect(
            configuration.network.map(\.name)
                == ["linear1", "relu1", "batchnorm1", "dropout1", "linear2", "tanh1", "linear3"])
        #expect(configuration.optimizer.kind == "momentum")
        #expect(configuration.optimizer.learningRate == 0.05)
        #expect(configuration.globalBatchSize == 256)
        #expect(configuration.shards == 8)
        #expect(configuration.epochs == 20)
        #expect(configuration.seed == 1)
    }

    @Test func resolvedYAMLReadsBackToItself() throws {
        let configuration = try Configuration(
            yaml:
                "optimizer: {adamw: {learningRate: 0.002}}\nnetwork: [{linear: 3}, {dropout: 0.5}]\nseed: 18446744073709551615"
        )
        let again = try Configuration(yaml: configuration.yaml)
        #expect(again.yaml == configuration.yaml)
        #expect(again.resultYAML == configuration.resultYAML)
    }

    @Test func attentionIsAsWideAsItsInputUnlessGiven() throws {
        let configuration = try Configuration(
            yaml: """
                network: [{reshape: [4, 6]}, attention, {multiHeadAttention: 3}, {transformerBlock: 2},
                          {attention: {width: 5, causal: true}}]
                """)
        #expect(
            configuration.network.map(\.name) == [
                "reshape1", "attention1", "multiHeadAttention1", "transformerBlock1", "attention2",
            ])
        let shapes = try Network<Float>(configuration.network, inputShape: [24]).layers.map(\.outputShape)
        #expect(shapes == [[4, 6], [4, 6], [4, 6], [4, 6], [4, 5]])
        let again = try Configuration(yaml: configuration.yaml)
        #expect(again.yaml == configuration.yaml)
    }

    @Test func resultDoesNotDependOnCadenceOrPlace() throws {
        let one = try Configuration(overrides: [
            .key("checkpoints.every", "7"), .key("histograms.every", "3"), .key("data", "/x"),
        ])
        #expect(one.resultYAML == (try Configuration()).resultYAML)
        #expect(one.yaml != (try Configuration()).yaml)
    }

    /// A recurrent layer's default initializer depends on its size, and is resolved like one that is given.
    @Test func sequenceLayersHaveTheirOwnInitializers() throws {
        let configuration = try Configuration(
            yaml: """
                network:
                - {embedding: {classes: 256, width: 8}}
                - {lstm: 16}
                - {lstm: {outputs: 9, returns: last, initializer: {uniform: 0.5}, forgetBias: 0}}
                """)
        let embedding = try #require(configuration.network[0].description as? EmbeddingDescription)
        #expect(embedding.classes == 256 && embedding.width == 8)
        #expect(embedding.initializer == .normal(standardDeviation: 0.02))
        let first = try #require(configuration.network[1].description as? LSTMDescription)
        #expect(first.returns == .sequence && first.initializer == .uniform(limit: 0.25) && first.forgetBias == 1)
        let second = try #require(configuration.network[2].description as? LSTMDescription)
        #expect(second.returns == .last && second.initializer == .uniform(limit: 0.5) && second.forgetBias == 0)
        let again = try Configuration(yaml: configuration.yaml)
        #expect(again.yaml == configuration.yaml)
        let wider = try Configuration(yaml: "network: [{lstm: 16}]", overrides: [.set("network.0.lstm.outputs=4")])
        #expect((wider.network[0].description as? LSTMDescription)?.initializer == .uniform(limit: 0.5))
    }

    @Test func augmentationIsPartOfTheResult() throws {
        let none = try Configuration()
        #expect(none.augmentation == .none && none.yaml.contains("augmentation: none"))
        let shift = try Configuration(yaml: "augmentation: {shift: 2}")
        #expect(shift.augmentation == .shift(pixels: 2) && shift.resultYAML != none.resultYAML)
        #expect(try Configuration(yaml: shift.yaml).augmentation == .shift(pixels: 2))
        let set = try Configuration(yaml: "augmentation: {shift: 2}", overrides: [.set("augmentation.shift.pixels=3")])
        #expect(set.augmentation == .shift(pixels: 3))
        #expect(try Configuration(overrides: [.set("augmentation.shift=1")]).augmentation == .shift(pixels: 1))
    }

    @Test func dataIsAFolderOrATextOrNothing() throws {
        func data(_ yaml: String?, _ overrides: [ConfigurationOverride] = []) throws -> String {
            switch try Configuration(yaml: yaml, overrides: overrides).data {
            case .bundled: "bundled"
            case .folder(let folder): "folder \(folder)"
            case .text(let text):
                "\(text.path ?? "nowhere") \(text.length) \(text.stride.map(String.init) ?? "-") \(text.validation)"
            }
        }
        #expect(try data(nil) == "bundled" && data("data: null") == "bundled")
        #expect(try data("data: digits/1") == "folder digits/1")
        #expect(try data("data: text") == "folder text")
        #expect(try data("data: {text: book.txt}") == "book.txt 128 - 0.1")
        let whole = "data: {text: {path: book.txt, length: 64, stride: 9, validation: 0.25}}"
        #expect(try data(whole) == "book.txt 64 9 0.25")
        #expect(try data("data: {text: book.txt}", [.set("data.text.length=32")]) == "book.txt 32 - 0.1")
        #expect(try data(nil, [.set("data.text.path=book.txt"), .set("data.text.stride=7")]) == "book.txt 128 7 0.1")
        #expect(try data(whole, [.key("data", "digits")]) == "folder digits")
        #expect(try data("data: digits", [.set("data.text=book.txt")]) == "book.txt 128 - 0.1")
        #expect(try data(whole, [.set("data=null")]) == "bundled")
        // As `config.yaml` says it.
        #expect(try data(Configuration(yaml: whole).yaml) == "book.txt 64 9 0.25")
    }

    /// Where a text lies is no part of a result, how it is cut is; and what a file says of a result can be read again.
    @Test func aResultSaysHowATextIsCut() throws {
        let one = try Configuration(yaml: "data: {text: {path: a, stride: 3}}")
        #expect(one.resultYAML == (try Configuration(yaml: "data: {text: {path: b/c, stride: 3}}")).resultYAML)
        for other in ["data: {text: {path: a, stride: 4}}", "data: {text: a}", "data: a", "seed: 1"] {
            #expect(one.resultYAML != (try Configuration(yaml: other)).resultYAML, "\(other)")
        }
        #expect(try Configuration(yaml: one.resultYAML).resultYAML == one.resultYAML)
        #expect(!(try Configuration(yaml: "data: a")).resultYAML.contains("data"))
    }

    @Test func setReachesEveryLevel() throws {
        let configuration = try Configuration(overrides: [
            .set("optimizer.momentum.learningRate=0.1"), .set("network.0.linear.outputs=64"),
            .set("network.6.linear.initializer=he"), .set("histograms.every=5"),
        ])
        #expect(configuration.optimizer.learningRate == 0.1)
        #expect(configuration.yaml.contains("outputs: 64"))
        #expect(configuration.histograms.every == 5)
        #expect(configuration.network.count == 7)
    }

    @Test func settingAnotherKindReplacesTheVariant() throws {
        let configuration = try Configuration(
            yaml: "optimizer: {momentum: {learningRate: 0.3}}", overrides: [.set("optimizer.adamw.learningRate=0.01")])
        #expect(configuration.optimizer.kind == "adamw")
        #expect(configuration.optimizer.learningRate == 0.01)
        #expect(!configuration.yaml.contains("momentum: 0.9"))
    }

    @Test func whatHappensToStepsThatAreNoNumbersIsPartOfTheResult() throws {
        #expect(try Configuration().nonFinite == .stop)
        #expect(try Configuration(yaml: "nonFinite: skip").nonFinite == .skip(consecutive: 10))
        #expect(try Configuration(yaml: "nonFinite: {skip: 4}").nonFinite == .skip(consecutive: 4))
        let rollback = try Configuration(
            yaml: "nonFinite: {rollback: 0.1}", overrides: [.set("nonFinite.rollback.maximum=5")])
        #expect(rollback.nonFinite == .rollback(factor: 0.1, maximum: 5))
        #expect(
            try Configuration(overrides: [.set("nonFinite=rollback")]).nonFinite == .rollback(factor: 0.5, maximum: 3))
        #expect(rollback.resultYAML != (try Configuration().resultYAML))
        #expect(try Configuration(yaml: rollback.yaml).nonFinite == rollback.nonFinite)
    }

    @Test func optionsOfLayersAreRead() throws {
        let configuration = try Configuration(
            yaml: "network: [{layernorm: {epsilon: 1e-3}}, layernorm, gelu, {gelu: {approximation: tanh}}, silu]")
        #expect(
            configuration.network.compactMap { ($0.description as? LayerNormDescription)?.epsilon } == [1e-3, 1e-5])
        #expect(
            configuration.network.compactMap { ($0.description as? GELUDescription)?.approximation } == [.none, .tanh])
        #expect(configuration.network.last?.description is SiLUDescription)
        #expect(try Configuration(yaml: configuration.yaml).yaml == configuration.yaml)
    }

    @Test func flagsWinOverSetAndSetOverFile() throws {
        let yaml = "epochs: 3\nseed: 4\nshards: 5"
        let configuration = try Configuration(
            yaml: yaml, overrides: [.set("seed=6"), .set("shards=7"), .key("shards", "9")])
        #expect(configuration.epochs == 3)
        #expect(configuration.seed == 6)
        #expect(configuration.shards == 9)
    }

    @Test func learningRateFlagReachesWhateverOptimizerThereIs() throws {
        #expect(try Configuration(overrides: [.learningRate("0.5")]).optimizer.learningRate == 0.5)
        let adam = try Configuration(overrides: [.optimizer("adam"), .learningRate("0.25")])
        #expect(adam.optimizer.kind == "adam")
        #expect(adam.optimizer.learningRate == 0.25)
    }

    @Test func anUnknownKeyNamesTheNearestKnownOneAndItsLine() {
        let text = message("seed: 1\nglobalBatchsize: 3")
        #expect(text == "train.yaml:2: globalBatchsize: unknown key 'globalBatchsize'; did you mean 'globalBatchSize'?")
        #expect(message("optimizer: {adam: {beta: 1}}").contains("did you mean 'beta1'"))
        #expect(message(nil, [.set("epoch=3")]).contains("did you mean 'epochs'"))
    }

    @Test func anUnknownLayerNamesTheNearest() {
        #expect(
            message("network:\n  - relu\n  - linaer: 3").hasPrefix(
                "train.yaml:3: network.1: unknown layer 'linaer'; did you mean 'linear'"))
    }

    @Test(arguments: [
        ("globalBatchSize: 0", "must be from 1 to"), ("epochs: two", "expected a whole number, found 'two'"),
        ("seed: -1", "expected a whole number from 0"), ("network: []", "expected a list of layers"),
        ("network: [{linear: 0}]", "must be from 1"), ("network: [{dropout: 1}]", "up to but not including 1"),
        ("network: [relu, {relu: 3}]", "takes keys, not the value"), ("network: [linear]", "outputs: is missing"),
        ("network: [{attention: 0}]", "attention.width: must be from 1 to 2147483647, not 0"),
        ("network: [{attention: {width: 3_000_000_000}}]", "attention.width: must be from 1 to 2147483647"),
        ("network: [{attention: {causal: 1}}]", "attention.causal: expected true or false"),
        (
            "network: [{attention: {dropout: 1}}]",
            "attention.dropout: must be a number from 0 up to but not including 1"
        ),
        ("network: [multiHeadAttention]", "multiHeadAttention.heads: is missing"),
        ("network: [{multiHeadAttention: -2}]", "multiHeadAttention.heads: must be from 1 to 2147483647, not -2"),
        (
            "network: [{transformerBlock: {heads: 2, hidden: 0}}]",
            "transformerBlock.hidden: must be from 1 to 2147483647"
        ),
        ("network: [{transformerBlock: {hidden: 8}}]", "transformerBlock.heads: is missing"),
        ("network: [{multiHeadAttention: {heads: 2, width: 4}}]", "unknown key 'width'"),
        ("shards: [1]", "expected a whole number, found a list"), ("- 1", "expected keys and values"),
        ("optimizer: {momentum: {learningRate: -1}}", "learningRate"),
        ("schedule: banana", "unknown schedule 'banana'"),
        ("network: [{batchnorm: {epsilon: 1e-46}}]", "batchnorm.epsilon: must be at least 1.1754944e-38, not 1e-46"),
        ("network: [{lstm: {outputs: 3, forgetBias: 1e39}}]", "forgetBias: must be within ±3.4028235e+38, not 1e39"),
        ("network: [{layernorm: {epsilon: 0}}]", "network.0.layernorm.epsilon: must be at least 1.1754944e-38, not 0"),
        ("network: [{layernorm: 3}]", "takes keys, not the value"),
        ("network: [{gelu: {approximation: tan}}]", "unknown value 'tan'; did you mean 'tanh'?"),
        ("network: [{gelu: tanh}]", "takes keys, not the value"), ("network: [{silu: 1}]", "takes keys, not the value"),
        ("augmentation: flip", "augmentation: unknown augmentation 'flip'"),
        ("augmentation: shift", "augmentation.shift.pixels: is missing; give a whole number"),
        ("augmentation: {shift: -1}", "augmentation.shift.pixels: must be from 0 to 65535, not -1"),
        ("augmentation: {none: 2}", "augmentation.none: takes keys, not the value"),
        ("data: [digits]", "data: expected a folder or {text: FILE}, found a list"),
        ("data: {txt: book}", "data: unknown data 'txt'; did you mean 'text'?"),
        ("data: {text: {path: a, lenght: 3}}", "did you mean 'length'?"),
        ("data: {text: {path: a, length: 0}}", "data.text.length: must be from 1 to 2147483647, not 0"),
        ("data: {text: {path: a, stride: 0}}", "data.text.stride: must be from 1 to 2147483647, not 0"),
        ("data: {text: {path: a, validation: 0}}", "data.text.validation: must be a number between 0 and 1, not 0"),
        ("data: {text: {path: a, validation: 1}}", "data.text.validation: must be a number between 0 and 1, not 1"),
        ("data: {text: {path: [a]}}", "data.text.path: expected text, found a list"),
        ("network: [{relu: {name: a/b}}]", "letters, digits"),
        ("network: [einsum]", "network.0.einsum.equation: is missing; give one like \"tc,cd->td\""),
        (
            "network: [{einsum: [1]}]",
            "network.0.einsum.equation: expected an equation like \"tc,cd->td\", found a list"
        ),
        ("network: [{einsum: \"t.->t\"}]", "network.0.einsum.equation: equation 't.->t': '.' is no label"),
        ("network: [{einsum: \"tc->d\"}]", "equation 'tc->d': label 'd' of the result is in no operand"),
        ("network: [{einsum: \"a,b,c\"}]", "there are one or two operands, not 3"),
        ("network: [{einsum: \"tc,cd->td\"}]", "network.0.einsum.weight: is missing; give a list of whole numbers"),
        (
            "network: [{einsum: {equation: tc->ct, weight: [3]}}]",
            "network.0.einsum.weight: the equation 'tc->ct' has one"
        ),
        ("network: [{einsum: {equation: \"tc,cd\", weight: [0, 3]}}]", "must be from 1 to 2147483647, not 0"),
        (
            "network: [{einsum: {equation: \"tc,cd\", weight: [65536, 65536]}}]",
            "network.0.einsum.weight: must have at most 2147483647 elements, and [65536, 65536] has more"
        ),
        ("network: [{add: [2147483647, 2147483647, 2147483647]}]", "network.0.add.shape: must have at most 2147483647"),
        ("network: [{reshape: [2147483647, 2147483647, 2147483647]}]", "must have at most 2147483647 elements"),
        ("network: [add]", "network.0.add.shape: is missing"), ("network: [{multiply: 3}]", "network.0.multiply.shape"),
        ("network: [{positionalEmbedding: 3}]", "takes keys, not the value '3'"),
        ("network: [{positionalEmbedding: {initializer: {normal: -1}}}]", "a number of at least 0"),
        ("network: [{relu: {name: x}}, {tanh: {name: x}}]", "two layers"),
        ("network: [lstm]", "lstm.outputs: is missing"), ("network: [{lstm: 0}]", "must be from 1 to 65536, not 0"),
        ("network: [{lstm: {outputs: 2, returns: lst}}]", "did you mean 'last'?"),
        ("network: [{lstm: {outputs: 2, forgetBias: .inf}}]", "forgetBias: expected a number, found '.inf'"),
        ("network: [{lstm: {outputs: 2, initializer: {uniform: -1}}}]", "limit: must be a number of at least 0"),
        ("network: [{embedding: 3}]", "takes keys, not the value '3'"),
        ("network: [{embedding: {width: 3}}]", "embedding.classes: is missing"),
        ("network: [{embedding: {classes: 3}}]", "embedding.width: is missing"),
        ("network: [{embedding: {classes: 16777217, width: 3}}]", "must be from 1 to 16777216, not 16777217"),
    ])
    func badValuesSayWhatWouldDo(yaml: String, part: String) {
        let text = message(yaml)
        #expect(text.contains(part), "\(text)")
        #expect(text.hasPrefix("train.yaml:1"), "\(text)")
    }

    @Test func extentsAreANumberOrAPair() throws {
        func layer<Layer>(_ yaml: String, as: Layer.Type = Layer.self) throws -> Layer {
            let configuration = try Configuration(yaml: "network: [\(yaml)]")
            #expect(try Configuration(yaml: configuration.yaml).yaml == configuration.yaml)
            return try #require(configuration.network[0].description as? Layer)
        }
        let plain: Convolution2DDescription = try layer("{convolution: 8}")
        #expect(plain.outputs == 8 && plain.kernel == 3 && plain.stride == 1 && plain.padding == 0 && plain.hasBias)
        let pairs: Convolution2DDescription = try layer(
            "{convolution: {outputs: 8, kernel: [5, 3], stride: [1, 2], padding: [2, 0], bias: false}}")
        #expect(pairs.kernel == Extent2D(height: 5, width: 3) && pairs.stride == Extent2D(height: 1, width: 2))
        #expect(pairs.padding == Extent2D(height: 2, width: 0) && !pairs.hasBias)
        let same: Convolution2DDescription = try layer("{convolution: {outputs: 8, kernel: [5, 1], padding: same}}")
        #expect(same.padding == Extent2D(height: 2, width: 0))
        let pool: MaxPool2DDescription = try layer("{maxpool: [3, 2]}")
        #expect(pool.kernel == Extent2D(height: 3, width: 2) && pool.stride == pool.kernel)
        let overlapping: MaxPool2DDescription = try layer("{maxpool: {kernel: 3, stride: 2}}")
        #expect(overlapping.kernel == 3 && overlapping.stride == 2)
        #expect(try layer("maxpool", as: MaxPool2DDescription.self).kernel == 2)
    }

    @Test(arguments: [
        ("kernel: 0", "kernel: must be from 1 to 65535, not 0"),
        ("stride: 0", "stride: must be from 1 to 65535, not 0"),
        ("stride: [1, 0]", "stride: must be from 1 to 65535, not 0"),
        ("padding: -1", "padding: must be from 0 to 65535, not -1"),
        ("kernel: [1, 2, 3]", "kernel: expected a whole number or [height, width], found a list"),
        ("kernel: [3]", "kernel: expected a whole number or [height, width], found a list"),
        ("kernel: [3, x]", "kernel: expected a whole number or [height, width], found 'x'"),
        ("kernel: same", "kernel: expected a whole number or [height, width], found 'same'"),
        ("padding: valid", "padding: expected a whole number or [height, width], or same, found 'valid'"),
        (
            "padding: same, stride: 2",
            "padding: same needs a stride of 1, not 2; give the zeros on each side as a number"
        ),
        ("padding: same, kernel: [3, 2]", "padding: same needs an odd kernel, not [3, 2]: an even one"),
    ])
    func badExtentsSayWhatWouldDo(options: String, part: String) {
        let text = message("network: [{convolution: {outputs: 4, \(options)}}]")
        #expect(text.hasPrefix("train.yaml:1: network.0.convolution.\(part)"), "\(text)")
    }

    @Test func layersWithTensorsReadBackToThemselves() throws {
        let configuration = try Configuration(
            yaml: """
                network:
                  - {einsum: {equation: "tc,cd->td", weight: [64, 12_8], initializer: he}}
                  - {einsum: "tc->ct"}
                  - {add: [28, 1]}
                  - {multiply: {shape: [5], initializer: {normal: 0.5}}}
                  - positionalEmbedding
                """)
        let network = configuration.network
        #expect(network.map(\.name) == ["einsum1", "einsum2", "add1", "multiply1", "positionalEmbedding1"])
        let einsum = try #require(network[0].description as? EinsumDescription)
        #expect(einsum.equation.description == "tc,cd->td" && einsum.weight == [64, 128] && einsum.initializer == .he)
        #expect((network[1].description as? EinsumDescription)?.weight == nil)
        let add = try #require(network[2].description as? BroadcastDescription)
        #expect(add.operation == .add && add.shape == [28, 1] && add.initializer == .constant(0))
        let multiply = try #require(network[3].description as? BroadcastDescription)
        #expect(multiply.operation == .multiply && multiply.shape == [5])
        #expect(multiply.initializer == .normal(standardDeviation: 0.5))
        let embedding = try #require(network[4].description as? PositionalEmbeddingDescription)
        #expect(embedding.initializer == .normal(standardDeviation: 0.02))
        #expect(try Configuration(yaml: configuration.yaml).yaml == configuration.yaml)
    }

    @Test func aSyntaxErrorHasItsLine() {
        #expect(message("seed: 1\nnetwork: [relu\nepochs: 2").hasPrefix("train.yaml:3: YAML syntax error"))
    }

    @Test func aKeyGivenTwiceIsAnError() {
        #expect(message("seed: 1\nseed: 2").contains("twice"))
    }
}
