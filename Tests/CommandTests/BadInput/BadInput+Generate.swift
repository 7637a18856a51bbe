import Testing

extension BadInput {
    /// What no text can be generated from.
    static let generate: [BadInput] = [
        generated("a run that is missing", code: 66, says: ["reading checkpoint none"], from: "none"),
        generated("a folder that holds no run", code: 66, says: ["there is no run"], from: "."),
        generated("a file that is no checkpoint", code: 65, says: ["reading run/run.h5"], from: "run/run.h5"),
        BadInput("a run without text", code: 64, says: ["step-00000016.h5", "was not trained on a text"]) { folder in
            try FinishedRun.copy(into: folder)
            return ["generate", "run", "--prompt", "a"]
        },
        BadInput("a run without a checkpoint", code: 66, says: ["cannot generate from run", "no checkpoint yet"]) {
            folder in
            try Book.copyRun(into: folder)
            try folder.remove("run/checkpoints")
            return ["generate", "run", "--prompt", "a"]
        },
        BadInput("a network that looks ahead", code: 64, says: ["step-00000005.h5", "takes a causal network"]) {
            folder in
            try Book.write(into: folder)
            let ahead = "network=[{embedding: {classes: 256, width: 2}}, flatten, {linear: 4096}, {reshape: [16, 256]}]"
            let outcome = try Dtrain.run(Book.flags + ["--set", ahead, "--epochs", "1", "--out", "run"], in: folder)
            #expect(outcome.status == 0, "\(outcome)")
            return ["generate", "run", "--prompt", "a"]
        },
        generated("an empty prompt", code: 64, says: ["--prompt is empty"], "--prompt", ""),
        BadInput("no prompt", code: 64, says: ["--prompt"]) { _ in ["generate", "run"] },
        generated("no bytes to add", code: 64, says: ["--length 0"], "--length", "0"),
        generated("a temperature below 0", code: 64, says: ["--temperature -1"], "--temperature=-1"),
        generated("a temperature that is no number", code: 64, says: ["--temperature nan"], "--temperature", "nan"),
        generated("a choice among none", code: 64, says: ["--top-k 0"], "--top-k", "0"),
        generated("a choice among more than there are", code: 64, says: ["--top-k 257"], "--top-k", "257"),
        generated("a seed that is no number", code: 64, says: ["--seed"], "--seed", "x"),
    ]

    /// From a copy of the book's run, as `run`.
    private static func generated(
        _ description: String, code: Int32, says: [String], from path: String = "run", _ flags: String...
    ) -> BadInput {
        BadInput(description, code: code, says: says) { folder in
            try Book.copyRun(into: folder)
            return ["generate", path] + (flags.contains("--prompt") ? [] : ["--prompt", "a"]) + flags
        }
    }
}
