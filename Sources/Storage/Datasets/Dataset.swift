import Core

/// Samples with what each should come out as, in memory; every rank sees all of it.
public struct Dataset: Sendable {
    /// The samples, [N, sample shape].
    public enum Images: Sendable {
        /// Pixels 0…255; training sees them divided by 255.
        case bytes(SampleNumbers<UInt8>)
        /// Numbers used as they are.
        case floats(SampleNumbers<Float>)
        /// Stretches of a text: bytes 0…255 that training sees as these whole numbers.
        case windows(TextWindows)
    }

    public enum Targets: Sendable {
        /// The class of each sample, [N], from 0.
        case classes([Int32])
        /// The wanted outputs, [N] + the shape.
        case values([Float], Shape)
        /// At each place of a window the byte that follows, as its class.
        case followers
    }

    public let images: Images
    /// The shape that a network sees: one flat dimension, `[784]`.
    public let sampleShape: Shape
    /// The shape in the file: `[28, 28]`.
    public let originalShape: Shape
    public let targets: Targets
    /// N, at least 1.
    public let count: Int
    /// One more than the largest label, for a text 256; 0 where targets are not classes.
    public let classCount: Int
    /// The classes that a sample has: one, in a window one at each place.
    public let classesPerSample: Int
    /// SHA-256 of the contents: the same for a plain file and a gzipped one.
    public let digest: String

    /// The windows of a text, each with the bytes that follow.
    public init(_ windows: TextWindows) {
        images = .windows(windows)
        originalShape = [windows.length]
        sampleShape = originalShape
        targets = .followers
        count = windows.count
        classCount = TextWindows.classCount
        classesPerSample = windows.length
        digest = Self.digest(windows)
    }

    /// - Precondition: `images` and `targets` hold the same number of samples, at least 1; classes are not negative. Windows
    ///   of a text have an initializer of their own.
    public init(images: Images, originalShape: Shape, targets: Targets) {
        let width = originalShape.elementCount
        let elementCount =
            switch images {
            case .bytes(let bytes): bytes.count
            case .floats(let floats): floats.count
            case .windows: preconditionFailure("windows know what follows them")
            }
        count = elementCount / width
        precondition(
            count > 0 && count * width == elementCount, "\(elementCount) elements in samples of \(originalShape)")
        switch targets {
        case .classes(let classes):
            precondition(classes.count == count, "\(classes.count) labels for \(count) samples")
            precondition(classes.allSatisfy { $0 >= 0 }, "a label is negative")
            classCount = Int(classes.max()!) + 1
        case .values(let values, let shape):
            precondition(
                values.count == count * shape.elementCount, "\(values.count) targets of \(shape) for \(count) samples")
            classCount = 0
        case .followers: preconditionFailure("images are followed by nothing")
        }
        classesPerSample = 1
        self.images = images
        self.originalShape = originalShape
        sampleShape = [width]
        self.targets = targets
        digest = Self.digest(count: count, images, originalShape, targets)
    }

    /// The same, with its samples in other memory.
    init(_ other: Dataset, images: Images) {
        self.images = images
        sampleShape = other.sampleShape
        originalShape = other.originalShape
        targets = other.targets
        count = other.count
        classCount = other.classCount
        classesPerSample = other.classesPerSample
        digest = other.digest
    }

    /// Over a line of text for each array (type and shape) and its little-endian bytes.
    private static func digest(count: Int, _ images: Images, _ shape: Shape, _ targets: Targets) -> String {
        func line(_ what: String, _ type: String, _ shape: [Int]) -> String {
            "\(what) \(type) \(([count] + shape).map(String.init).joined(separator: ","))\n"
        }
        let hash = SHA256()
        switch images {
        case .bytes(let bytes):
            hash.update(line("images", "uint8", shape.dimensions))
            bytes.withUnsafeBytes { hash.update($0) }
        case .floats(let floats):
            hash.update(line("images", "float32", shape.dimensions))
            floats.withUnsafeBufferPointer { hash.update($0) }
        case .windows: preconditionFailure("windows are hashed as the text that they are in")
        }
        switch targets {
        case .classes(let classes):
            hash.update(line("targets", "int32", []))
            classes.withUnsafeBytes { hash.update($0) }
        case .values(let values, let shape):
            hash.update(line("targets", "float32", shape.dimensions))
            values.withUnsafeBufferPointer { hash.update($0) }
        case .followers: break
        }
        return hash.finish()
    }

    /// Over a line that says how the windows lie in their part of the text, and the part's bytes.
    private static func digest(_ windows: TextWindows) -> String {
        let hash = SHA256()
        hash.update("text uint8 \(windows.part.count) length \(windows.length) stride \(windows.stride)\n")
        windows.text.withUnsafeBytes { hash.update(UnsafeRawBufferPointer(rebasing: $0[windows.part])) }
        return hash.finish()
    }
}
