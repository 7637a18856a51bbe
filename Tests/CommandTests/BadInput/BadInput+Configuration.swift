extension BadInput {
    /// Flags, keys, values and YAML that are wrong.
    static let configuration: [BadInput] = [
        BadInput(
            "a global batch of 0", code: 64, says: ["globalBatchSize", "not 0"], flags: "--global-batch-size", "0"),
        BadInput(
            "a global batch of 0 by key", code: 64, says: ["globalBatchSize", "not 0"],
            flags: "--set", "globalBatchSize=0"),
        BadInput("no threads", code: 64, says: ["--threads 0", "from 1"], flags: "--threads", "0"),
        BadInput("a number that is none", code: 64, says: ["epochs", "many"], flags: "--epochs", "many"),
        BadInput(
            "an unknown layer", code: 64, says: ["network.1", "unknown layer 'batchnrm'", "did you mean 'batchnorm'?"],
            flags: "--set", "network=[{linear: 6}, batchnrm, {linear: 10}]"),
        BadInput(
            "an unknown key", code: 64, says: ["unknown key 'learnRate'", "did you mean 'learningRate'?"],
            flags: "--set", "optimizer.momentum.learnRate=0.1"),
        BadInput(
            "a layer of no outputs", code: 64, says: ["network.0.linear"], flags: "--set", "network=[{linear: 0}]"),
        BadInput(
            "layers of more weights than there can be", code: 64, says: ["linear", "2147483647", "below"],
            flags: "--set", "network=[{linear: 2147483647}, {linear: 2147483647}, {linear: 10}]"),
        BadInput(
            "a network for another machine", code: 64, says: ["network", "linear1/weight", "GB here"],
            flags: "--set", "network=[{linear: 200_000_000}, {linear: 10}]"),
        BadInput(
            "attention over too many steps", code: 64, says: ["attention1", "[65536, 1]", "weights a sample"],
            flags: "--set", "network=[{linear: 65536}, {reshape: [65536, 1]}, attention, flatten, {linear: 10}]"),
        BadInput(
            "an einsum that does not fit", code: 64,
            says: ["einsum1", "'tc,cd->td'", "label 'c' is 28 in [28, 28] and 64 in [64, 10]"],
            flags: "--set",
            "network=[{reshape: [28, 28]}, {einsum: {equation: \"tc,cd->td\", weight: [64, 10]}}, flatten]"),
        BadInput(
            "an equation that is none", code: 64, says: ["network.0.einsum.equation", "label 'd' of the result"],
            flags: "--set", "network=[{einsum: \"tc->d\"}]"),
        BadInput(
            "a weight that does not stretch to its input", code: 64,
            says: ["add1", "[784]", "[10]", "do not broadcast"],
            flags: "--set", "network=[flatten, {add: [10]}, {linear: 10}]"),
        BadInput(
            "a positional embedding of no sequence", code: 64,
            says: ["positionalEmbedding1", "[steps, features]", "[784]"],
            flags: "--set", "network=[flatten, positionalEmbedding, {linear: 10}]"),
        BadInput("an unknown optimizer", code: 64, says: ["did you mean 'adam'?"], flags: "--optimizer", "adm"),
        BadInput(
            "an unknown answer to NaN", code: 64,
            says: ["nonFinite", "unknown nonFinite 'skp'", "did you mean 'skip'?"],
            flags: "--set", "nonFinite=skp"),
        BadInput(
            "a rollback to the same rate", code: 64, says: ["nonFinite.rollback.factor", "between 0 and 1", "not 1"],
            flags: "--set", "nonFinite={rollback: 1}"),
        BadInput(
            "no rollback at all", code: 64, says: ["nonFinite.rollback.maximum", "not 0"],
            flags: "--set", "nonFinite.rollback.maximum=0"),
        BadInput(
            "skipping nothing", code: 64, says: ["nonFinite.skip.consecutive", "not 0"],
            flags: "--set", "nonFinite.skip=0"),
        BadInput("an unknown flag", code: 64, says: ["--frobnicate", "dtrain --help"], flags: "--frobnicate"),
        BadInput("an unknown log format", code: 64, says: ["--log-format"], flags: "--log-format", "xml"),
        BadInput(
            "fewer outputs than labels", code: 64, says: ["network", "linear1", "[10]", "[6]"], flags: "--set",
            "network=[{linear: 6}]"),
        BadInput(
            "a class at each of two places, for one label", code: 64,
            says: ["network", "reshape1", "[classes], one class for each sample", "[2, 10]"], flags: "--set",
            "network=[{linear: 20}, {reshape: [2, 10]}]"),
        BadInput(
            "accumulation in unequal parts", code: 64,
            says: ["accumulationSteps", "3 does not divide", "8", "1, 2, 4, 8"],
            flags: "--set", "accumulationSteps=3"),
        BadInput(
            "accumulation in no steps", code: 64, says: ["accumulationSteps", "not 0"], flags: "--set",
            "accumulationSteps=0"),
        BadInput(
            "a shift as wide as the images", code: 64,
            says: ["augmentation.shift.pixels", "less than the 28 pixels", "not 28"],
            flags: "--set", "augmentation.shift=28"),
        BadInput(
            "a shift of half a pixel", code: 64, says: ["augmentation.shift.pixels", "whole number", "0.5"],
            flags: "--set", "augmentation={shift: 0.5}"),
        BadInput(
            "an unknown augmentation", code: 64, says: ["augmentation: unknown augmentation 'shft'", "'shift'?"],
            flags: "--set", "augmentation=shft"),
        BadInput("a configuration that is missing", code: 66, says: ["none.yaml"], flags: "--config", "none.yaml"),
        file(
            "a YAML syntax error", says: ["bad.yaml:3", "YAML syntax error"],
            """
            epochs: 1
            seed: 2
            network: [relu, {linear: 6]
            shards: 8
            """),
        file("an unknown key in a file", says: ["bad.yaml:2", "did you mean 'shards'?"], "epochs: 1\nshard: 8\n"),
        file("a key given twice", says: ["bad.yaml:", "given twice", "seed"], "seed: 1\nepochs: 1\nseed: 1\n"),
        file("a configuration that is a list", says: ["bad.yaml:1"], "- seed\n"),
        BadInput("a configuration that is a folder", code: 65, says: ["here"]) { folder in
            try Digits(in: folder, name: "here").edit(Digits.trainImages) { _ in }
            return ["--config", "here", "--out", "new"]
        },
    ]

    /// A configuration file with a mistake.
    private static func file(_ description: String, says: [String], _ text: String) -> BadInput {
        BadInput(description, code: 64, says: says) { folder in
            try folder.write(text, "bad.yaml")
            return ["--config", "bad.yaml", "--out", "new"]
        }
    }
}
