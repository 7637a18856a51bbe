extension BadInput {
    /// Texts, and what is said of them, that will not do.
    static let text: [BadInput] = [
        book("a text that is missing", code: 66, says: ["reading text none"], "data.text.path=none"),
        book("a text that is a folder", code: 65, says: ["reading text .", "regular file"], "data.text.path=."),
        book("a text without a path", code: 64, says: ["data.text.path", "is missing"], "data.text.path=null"),
        book("an empty text", code: 65, says: ["reading text empty", "it is empty"], "data.text.path=empty"),
        book(
            "a text too short to train on", code: 65,
            says: ["of its 2400 bytes 2160 are for training", "length 2160 takes 2161"], "data.text.length=2160"),
        book(
            "a text too short to validate with", code: 65,
            says: ["of its 2400 bytes 24 are for validation", "length 24 takes 25"], "data.text.length=24",
            "data.text.validation=0.01"),
        book("windows of no length", code: 64, says: ["data.text.length", "not 0"], "data.text.length=0"),
        book("windows that never go on", code: 64, says: ["data.text.stride", "not 0"], "data.text.stride=0"),
        book("a text all for validation", code: 64, says: ["data.text.validation", "not 1"], "data.text.validation=1"),
        book("a key that a text has not", code: 64, says: ["did you mean 'stride'?"], "data.text.strde=3"),
        book("data of an unknown kind", code: 64, says: ["data", "did you mean 'text'?"], "data={txt: book}"),
        book("data that are a list", code: 64, says: ["data: expected a folder or {text: FILE}"], "data=[book]"),
        book(
            "a text for a layer that measures", code: 64, says: ["layer linear1", "begin with an embedding of 256"],
            "network=[{linear: 8}]"),
        book(
            "an embedding of fewer classes than bytes", code: 64,
            says: ["layer embedding1", "below 256", "those below 128"], "network.0.embedding.classes=128"),
        book(
            "fewer outputs than bytes", code: 64, says: ["layer linear1", "of shape [16, 256]", "given [16, 10]"],
            "network.2.linear.outputs=10"),
        book(
            "one byte for a whole window", code: 64, says: ["layer linear2", "of shape [16, 256]", "given [256]"],
            "network=[{embedding: {classes: 256, width: 8}}, {linear: 4}, flatten, {linear: 256}]"),
        book(
            "a shift of a text", code: 64, says: ["augmentation.shift", "takes images", "[16]"],
            "augmentation={shift: 1}"),
        BadInput(
            "an embedding of pixels", code: 64, says: ["layer embedding1", "takes whole numbers"], flags: "--set",
            "network=[{embedding: {classes: 256, width: 8}}, flatten, {linear: 10}]"),
    ]

    /// The book, with other keys.
    private static func book(_ description: String, code: Int32, says: [String], _ keys: String...) -> BadInput {
        BadInput(description, code: code, says: says) { folder in
            try Book.write(into: folder)
            try folder.write("", "empty")
            return Book.flags + keys.flatMap { ["--set", $0] } + ["--out", "new"]
        }
    }
}
