extension BadInput {
    /// Data files that are missing or not what they should be.
    static let data: [BadInput] = [
        edited("an IDX file that is missing", code: 66, says: ["training labels", Digits.trainLabels]) { digits in
            try digits.folder.remove("\(digits.name)/\(Digits.trainLabels)")
        },
        BadInput("a dataset folder that is missing", code: 66, says: ["nowhere"], flags: "--data", "nowhere"),
        changed("a truncated IDX file", says: ["truncated"], Digits.trainImages) { $0.removeLast(1000) },
        changed("an IDX file truncated in its header", says: ["truncated"], Digits.trainImages) {
            $0 = Array($0[..<10])
        },
        changed("an IDX file without a byte", says: ["0 bytes"], Digits.trainImages) { $0 = [] },
        changed("an IDX file that is too long", says: ["trailing"], Digits.trainLabels) { $0 += [0, 0] },
        changed("a wrong magic number", says: ["IDX"], Digits.trainImages) { $0[2] = 0x77 },
        changed("a gzip file that is none", says: ["gz"], Digits.trainImages) {
            $0.replaceSubrange(0..<3, with: [0x1F, 0x8B, 8])
        },
        edited("a label out of range", code: 65, says: ["training labels", "sample 17", "200"]) { digits in
            try digits.edit(Digits.trainLabels) { $0[8 + 17] = 200 }
        },
        changed("other counts of images and labels", says: ["299 labels", "300 images"], Digits.trainLabels) {
            $0 = Digits.header([299]) + $0[8..<(8 + 299)]
        },
        edited("an empty dataset", code: 65, says: ["empty", Digits.trainImages]) { digits in
            try digits.edit(Digits.trainImages) { $0 = Digits.header([0, 28, 28]) }
            try digits.edit(Digits.trainLabels) { $0 = Digits.header([0]) }
        },
        changed("a header that claims terabytes", says: ["claims"], Digits.trainImages) {
            $0.replaceSubrange(0..<16, with: Digits.header([4_000_000_000, 1_000, 1_000]))
        },
        changed("a header that claims more than numbers can say", says: ["claims"], Digits.trainImages) {
            $0.replaceSubrange(0..<16, with: Digits.header([4_000_000_000, 4_000_000_000, 4_000_000_000]))
        },
    ]

    /// A good dataset but for one file.
    private static func changed(
        _ description: String, says: [String], _ file: String, _ change: @escaping @Sendable (inout [UInt8]) -> Void
    ) -> BadInput {
        BadInput(description, code: 65, says: says + [file]) { folder in
            try Digits(in: folder).edit(file, change)
            return arguments
        }
    }

    private static func edited(
        _ description: String, code: Int32, says: [String], _ edit: @escaping @Sendable (Digits) throws -> Void
    ) -> BadInput {
        BadInput(description, code: code, says: says) { folder in
            try edit(Digits(in: folder))
            return arguments
        }
    }

    private static let arguments = Dtrain.smallNetwork + ["--epochs", "1", "--data", "digits", "--out", "new"]
}
