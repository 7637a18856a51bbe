import Core

/// What a run learns from, and what it is tested on.
public struct Datasets: Sendable {
    public let train: Dataset
    public let test: Dataset

    /// The contents of a file, and its name for messages.
    public typealias RawFile = (name: String, bytes: [UInt8])

    /// - Precondition: both have samples of one shape.
    public init(train: Dataset, test: Dataset) {
        precondition(
            train.originalShape == test.originalShape,
            "training samples of \(train.originalShape), test samples of \(test.originalShape)")
        self.train = train
        self.test = test
    }

    /// SHA-256 over both digests; of a text so over where it is cut, too.
    public var digest: String { Digest.sha256("train \(train.digest)\ntest \(test.digest)\n") }

    /// One more than the largest label, for a text 256; 0 where targets are not classes.
    public var classCount: Int { max(train.classCount, test.classCount) }

    /// Reads the four files of a folder.
    ///
    /// - Throws: `noInput`, `badData`.
    public static func load(folder: String) throws(StorageError) -> Datasets {
        try Datasets(rawFiles: readFiles(folder: folder))
    }

    /// Makes sure that a network with outputs of this shape can learn these targets: classes along the last axis.
    ///
    /// - Throws: `badData` naming the first label out of range, or the numbers that differ.
    public func validate(outputShape: Shape) throws(StorageError) {
        for (dataset, part) in [(train, "training"), (test, "test")] {
            switch dataset.targets {
            case .classes(let classes):
                let outputs = outputShape.last
                if let sample = classes.firstIndex(where: { $0 >= outputs }) {
                    throw StorageError(
                        .badData,
                        "checking the \(part) labels: sample \(sample) is labelled \(classes[sample]), but the network has "
                            + "\(outputs) outputs, for labels 0 to \(outputs - 1)")
                }
            case .values(_, let shape):
                if shape.elementCount != outputShape.elementCount {
                    throw StorageError(
                        .badData,
                        "checking the \(part) targets: each has \(shape.elementCount) values, but the network has "
                            + "\(outputShape.elementCount) outputs")
                }
            case .followers:
                if outputShape.last < dataset.classCount {
                    throw StorageError(
                        .badData,
                        "checking the \(part) text: a byte has \(dataset.classCount) values, but the network has "
                            + "\(outputShape.last) outputs at each place")
                }
            }
        }
    }
}
