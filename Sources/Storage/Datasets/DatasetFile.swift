/// Which of a dataset's four arrays a file holds, as its name says: MNIST's names, with `-` or `.` before `idx`.
struct DatasetFile: Equatable {
    enum Part: CaseIterable {
        case training
        case test

        /// What the names of its files begin with.
        var prefixes: [String] {
            switch self {
            case .training: ["train"]
            case .test: ["t10k", "test"]
            }
        }
    }

    enum Content: CaseIterable {
        case images
        case targets

        /// What follows the part in the names of its files.
        var words: [String] {
            switch self {
            case .images: ["images"]
            case .targets: ["labels", "targets"]
            }
        }
    }

    let part: Part
    let content: Content
    /// The number of dimensions that the name claims: 3 in `idx3`.
    let rank: Int
    /// The name without `.gz`.
    let stem: String

    /// Nil if the name is not one of a dataset's.
    init?(name: String) {
        stem = name.hasSuffix(".gz") ? String(name.dropLast(3)) : name
        for part in Part.allCases {
            for content in Content.allCases {
                for prefix in part.prefixes {
                    for word in content.words {
                        if let rank = Self.rank(of: stem, after: "\(prefix)-\(word)") {
                            self.part = part
                            self.content = content
                            self.rank = rank
                            return
                        }
                    }
                }
            }
        }
        return nil
    }

    /// The digit of `-idx3-ubyte`, `.idx3-ubyte`, `-idx2-float` after `start`.
    private static func rank(of stem: String, after start: String) -> Int? {
        guard stem.hasPrefix(start) else { return nil }
        let rest = stem.dropFirst(start.count)
        guard let separator = rest.first, separator == "-" || separator == ".", rest.dropFirst().hasPrefix("idx") else {
            return nil
        }
        let claim = rest.dropFirst(4)
        guard let digit = claim.first, digit.isASCII, let rank = digit.wholeNumberValue else { return nil }
        return ["-ubyte", "-float"].contains(String(claim.dropFirst())) ? rank : nil
    }

    /// What to call such a file in a message: `training images`.
    static func description(_ part: Part, _ content: Content) -> String {
        (part == .training ? "training " : "test ") + (content == .images ? "images" : "labels")
    }

    /// MNIST's own name for it, in messages about a missing one.
    static func usualName(_ part: Part, _ content: Content) -> String {
        (part == .training ? "train" : "t10k") + (content == .images ? "-images-idx3-ubyte" : "-labels-idx1-ubyte")
    }
}
