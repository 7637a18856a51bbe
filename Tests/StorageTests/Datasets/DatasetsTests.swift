import Core
import Storage
import Testing

@Suite struct DatasetsTests {
    let folder = TemporaryFolder()

    /// Two training and one test image of 2×2.
    private static let images: [UInt8] = [0, 51, 102, 255, 1, 2, 3, 4]
    private static let standard: [String: [UInt8]] = [
        "train-images-idx3-ubyte": IDXBytes.bytes([2, 2, 2], images),
        "train-labels-idx1-ubyte": IDXBytes.bytes([2], [9, 0]),
        "t10k-images-idx3-ubyte": IDXBytes.bytes([1, 2, 2], [5, 6, 7, 8]),
        "t10k-labels-idx1-ubyte": IDXBytes.bytes([1], [3]),
    ]

    private func load(_ changes: [String: [UInt8]?] = [:]) throws -> Datasets {
        let folder = TemporaryFolder()
        var files = Self.standard
        for (name, bytes) in changes { files[name] = bytes }
        for (name, bytes) in files { writeBytes(bytes, folder.file(name)) }
        return try Datasets.load(folder: folder.path)
    }

    private func failure(_ changes: [String: [UInt8]?]) -> StorageError? {
        #expect(throws: StorageError.self) { try load(changes) }
    }

    @Test func bundledDigits() throws {
        let digits = try Datasets.bundled()
        #expect(digits.train.count == 4000)
        #expect(digits.test.count == 1000)
        #expect(digits.train.sampleShape == [784])
        #expect(digits.train.originalShape == [28, 28])
        #expect(digits.classCount == 10)
        guard case .classes(let classes) = digits.train.targets, case .bytes(let pixels) = digits.train.images else {
            Issue.record("not pixels and classes")
            return
        }
        #expect((0..<10).allSatisfy { digit in classes.count { $0 == digit } == 400 })
        #expect(pixels.count == 4000 * 784)
        try digits.validate(outputShape: [10])
    }

    /// A fingerprint of the bundled contents, computed apart from this code by sha256 over the decompressed files' contents.
    @Test func bundledDigest() throws {
        #expect(
            try Datasets.bundled().digest == "f94c7dd839ecd9ba7817b65141587af9ee7e8cd19c32a96d4b4d5ca3c1ab75fc")
    }

    @Test func namesOfEveryKind() throws {
        let expected = try load()
        let gzipped = try load(
            Dictionary(
                uniqueKeysWithValues: Self.standard.flatMap { name, bytes in
                    [(name, nil), (name + ".gz", try IDXBytes.gzip(bytes))]
                }))
        #expect(gzipped.digest == expected.digest)
        let dotted = try load(
            Dictionary(
                uniqueKeysWithValues: Self.standard.flatMap { name, bytes in
                    [(name, nil), (String(name.dropLast(11)) + ".idx" + String(name.suffix(7)), bytes)]
                }))
        #expect(dotted.digest == expected.digest)
        let named = try load([
            "t10k-images-idx3-ubyte": nil, "test-images-idx3-ubyte": Self.standard["t10k-images-idx3-ubyte"]!,
        ])
        #expect(named.digest == expected.digest)
    }

    /// Compression does not change the digest, contents do.
    @Test func digestIsOfTheContents() throws {
        let expected = try load()
        #expect(try load(["train-labels-idx1-ubyte": IDXBytes.bytes([2], [9, 1])]).digest != expected.digest)
        #expect(
            try load(["train-images-idx3-ubyte": IDXBytes.bytes([2, 2, 2], [0, 51, 102, 255, 1, 2, 3, 5])]).digest
                != expected.digest)
        let flat = try load([
            "train-images-idx3-ubyte": nil, "train-images-idx2-ubyte": IDXBytes.bytes([2, 4], Self.images),
            "t10k-images-idx3-ubyte": nil, "t10k-images-idx2-ubyte": IDXBytes.bytes([1, 4], [5, 6, 7, 8]),
        ])
        #expect(flat.digest != expected.digest)
    }

    @Test func rawFilesMakeTheSame() throws {
        for (name, bytes) in Self.standard { writeBytes(bytes, folder.file(name)) }
        let files = try Datasets.readFiles(folder: folder.path)
        #expect(files.map(\.name).first == folder.file("train-images-idx3-ubyte"))
        #expect(try Datasets(rawFiles: files).digest == Datasets.load(folder: folder.path + "/").digest)
    }

    /// Every byte by 255, rounded once: what a division gives, though none is made.
    @Test func everyPixelIsDividedExactly() {
        let train = Dataset(
            images: .bytes(SampleNumbers((0..<256).map { UInt8($0) })), originalShape: [64],
            targets: .classes([0, 1, 2, 3]))
        let floats = AlignedBuffer<Float>(count: 256)
        let doubles = AlignedBuffer<Double>(count: 256)
        [UInt32(0), 1, 2, 3].withUnsafeBufferPointer {
            train.copySamples($0, into: floats.base)
            train.copySamples($0, into: doubles.base)
        }
        #expect(Array(floats.elements) == (0..<256).map { Float($0) / 255 })
        #expect(Array(doubles.elements) == (0..<256).map { Double($0) / 255 })
    }

    @Test func batches() throws {
        let train = try load().train
        let rows = AlignedBuffer<Float>(count: 12)
        let classes = AlignedBuffer<Int32>(count: 3)
        [UInt32(1), 0, 1].withUnsafeBufferPointer {
            train.copySamples($0, into: rows.base)
            train.copyClasses($0, into: classes.base)
        }
        #expect(Array(rows.elements) == [1, 2, 3, 4, 0, 51, 102, 255, 1, 2, 3, 4].map { Float($0) / 255 })
        #expect(Array(classes.elements) == [0, 9, 0])
        let doubles = AlignedBuffer<Double>(count: 4)
        [UInt32(0)].withUnsafeBufferPointer { train.copySamples($0, into: doubles.base) }
        #expect(Array(doubles.elements) == [0, 0.2, 0.4, 1])
    }

    @Test func regression() throws {
        let data = try load([
            "train-images-idx3-ubyte": nil, "train-images-idx2-float": IDXBytes.floats([2, 3], [1, 2, 3, -4, 5, 6.5]),
            "train-labels-idx1-ubyte": nil, "train-targets-idx2-float": IDXBytes.floats([2, 2], [0.5, 1, 1.5, 2]),
            "t10k-images-idx3-ubyte": nil, "t10k-images-idx2-float": IDXBytes.floats([1, 3], [0, 0, 1]),
            "t10k-labels-idx1-ubyte": nil, "t10k-targets-idx2-float": IDXBytes.floats([1, 2], [7, 8]),
        ])
        #expect(data.classCount == 0)
        try data.validate(outputShape: [2])
        #expect(throws: StorageError.self) { try data.validate(outputShape: [3]) }
        let rows = AlignedBuffer<Float>(count: 3)
        let targets = AlignedBuffer<Float>(count: 2)
        [UInt32(1)].withUnsafeBufferPointer {
            data.train.copySamples($0, into: rows.base)
            data.train.copyValues($0, into: targets.base)
        }
        #expect(Array(rows.elements) == [-4, 5, 6.5])
        #expect(Array(targets.elements) == [1.5, 2])
    }

    @Test func missing() throws {
        #expect(throws: StorageError.self) { try Datasets.load(folder: folder.file("none")) }
        let noFolder = #expect(throws: StorageError.self) { try Datasets.load(folder: folder.file("none")) }
        #expect(noFolder?.kind == .noInput)
        #expect(noFolder?.exitCode == 66)
        let noLabels = failure(["t10k-labels-idx1-ubyte": nil])
        #expect(noLabels?.kind == .noInput)
        #expect(noLabels?.message.contains("test labels") == true)
        #expect(noLabels?.message.contains("t10k-labels-idx1-ubyte") == true)
    }

    @Test func twoCandidates() {
        let error = failure(["train-labels.idx1-ubyte": IDXBytes.bytes([2], [1, 1])])
        #expect(error?.kind == .badData)
        #expect(error?.message.contains("both") == true)
    }

    @Test func whatDoesNotFit() {
        func expect(_ found: String, _ changes: [String: [UInt8]?]) {
            let error = failure(changes)
            #expect(error?.kind == .badData)
            #expect(error?.exitCode == 65)
            #expect(error?.message.contains(found) == true, "\(error?.message ?? "no error")")
        }
        expect("holds 1 labels, but", ["train-labels-idx1-ubyte": IDXBytes.bytes([1], [1])])
        expect("the dataset is empty", ["t10k-images-idx3-ubyte": IDXBytes.bytes([0, 2, 2], [])])
        expect("a sample is empty", ["t10k-images-idx3-ubyte": IDXBytes.bytes([1, 0, 2], [])])
        expect(
            "its name says 3 dimensions, its header 2",
            ["train-images-idx3-ubyte": IDXBytes.bytes([2, 4], Self.images)])
        expect("images are [1, 4]", ["t10k-images-idx3-ubyte": IDXBytes.bytes([1, 1, 4], [5, 6, 7, 8])])
        expect(
            "1 dimension; images have two",
            ["train-images-idx3-ubyte": nil, "train-images-idx1-ubyte": IDXBytes.bytes([2], [1, 2])])
        expect(
            "2 dimensions; labels have 1",
            ["train-labels-idx1-ubyte": nil, "train-labels-idx2-ubyte": IDXBytes.bytes([2, 1], [1, 2])])
        expect(
            "element 1 of sample 1 is nan",
            [
                "train-labels-idx1-ubyte": nil,
                "train-targets-idx2-float": IDXBytes.floats([2, 2], [1, 2, 3, .nan]),
            ])
        expect("truncated", ["train-images-idx3-ubyte": Array(Self.standard["train-images-idx3-ubyte"]!.dropLast())])
        expect("train-labels-idx1-ubyte", ["train-labels-idx1-ubyte": [1, 2, 3, 4, 5]])
    }

    @Test func labelsOutOfRange() throws {
        let data = try load()
        try data.validate(outputShape: [10])
        let error = #expect(throws: StorageError.self) { try data.validate(outputShape: [9]) }
        #expect(error?.kind == .badData)
        #expect(error?.message.contains("sample 0 is labelled 9") == true)
        #expect(error?.message.contains("9 outputs, for labels 0 to 8") == true)
    }

    @Test func notAFile() throws {
        let error = #expect(throws: StorageError.self) {
            for (name, bytes) in Self.standard where !name.hasPrefix("train-images") {
                writeBytes(bytes, folder.file(name))
            }
            // A pipe that nobody writes to must not be waited for.
            _ = try Command("/usr/bin/env", ["mkfifo", folder.file("train-images-idx3-ubyte")])
            _ = try Datasets.load(folder: folder.path)
        }
        #expect(error?.message.contains("not a regular file") == true)
    }
}
