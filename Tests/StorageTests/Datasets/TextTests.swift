import Core
import Storage
import Testing

/// A text cut into windows.
@Suite struct TextTests {
    /// 50 bytes, no two of them equal.
    private static let bytes = (0..<50).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }

    private func cut(
        _ bytes: [UInt8] = bytes, length: Int = 4, stride: Int = 3, validation: Double = 0.2
    ) throws(StorageError) -> Datasets {
        try Datasets(text: ("book", bytes), length: length, stride: stride, validation: validation)
    }

    private func rows(_ dataset: Dataset) -> (inputs: [Float], classes: [Int32]) {
        let width = dataset.sampleShape.elementCount
        let inputs = AlignedBuffer<Float>(count: dataset.count * width)
        let classes = AlignedBuffer<Int32>(count: dataset.count * dataset.classesPerSample)
        (0..<UInt32(dataset.count)).map { $0 }.withUnsafeBufferPointer {
            dataset.copySamples($0, into: inputs.base)
            dataset.copyClasses($0, into: classes.base)
        }
        return (Array(inputs.elements), Array(classes.elements))
    }

    @Test func windowsBeginEveryStrideAndStayInTheirPart() throws {
        let text = try cut()
        // 40 bytes to train on: 0 … 33 begin windows of 4 and one more. Ten to validate with: 40 and 43.
        let starts = [Array(stride(from: 0, through: 33, by: 3)), [40, 43]]
        for (dataset, starts) in zip([text.train, text.test], starts) {
            #expect(dataset.count == starts.count)
            let (inputs, classes) = rows(dataset)
            #expect(inputs == starts.flatMap { start in (0..<4).map { Float(Self.bytes[start + $0]) } })
            #expect(classes == starts.flatMap { start in (1...4).map { Int32(Self.bytes[start + $0]) } })
        }
        #expect(text.train.sampleShape == [4] && text.train.originalShape == [4])
        #expect(text.classCount == 256 && text.train.classesPerSample == 4)
    }

    /// Which sample is which does not depend on what is asked for with it.
    @Test func aBatchMayHaveAnyWindowsInAnyOrder() throws {
        let train = try cut().train
        let doubles = AlignedBuffer<Double>(count: 12)
        let classes = AlignedBuffer<Int32>(count: 12)
        [UInt32(11), 0, 11].withUnsafeBufferPointer {
            train.copySamples($0, into: doubles.base)
            train.copyClasses($0, into: classes.base)
        }
        let (last, first) = ([33, 34, 35, 36], [0, 1, 2, 3])
        #expect(Array(doubles.elements) == (last + first + last).map { Double(Self.bytes[$0]) })
        #expect(Array(classes.elements) == (last + first + last).map { Int32(Self.bytes[$0 + 1]) })
    }

    /// The last window ends with its part's last byte as the one that follows, or before it.
    @Test(arguments: [10, 11, 13])
    func aPartIsUsedToItsEnd(bytes: Int) throws {
        let windows = try #require(
            TextWindows(SampleNumbers(Self.bytes), part: 20..<(20 + bytes), length: 9, stride: 1))
        #expect(windows.count == bytes - 9)
        #expect(TextWindows(SampleNumbers(Self.bytes), part: 20..<29, length: 9, stride: 1) == nil)
        let classes = rows(Dataset(windows)).classes
        #expect(classes.last == Int32(Self.bytes[20 + bytes - 1]))
    }

    /// Nine of ten bytes of every window are those of the one before, and none is there twice.
    @Test func windowsAreViews() throws {
        let text = try cut(length: 10, stride: 1, validation: 0.5)
        guard case .windows(let train) = text.train.images, case .windows(let test) = text.test.images else {
            Issue.record("no windows")
            return
        }
        #expect(train.count == 15 && test.count == 15)
        let places = [train, test].map { windows in
            windows.text.withUnsafeBufferPointer { UInt(bitPattern: $0.baseAddress!) }
        }
        #expect(places[0] == places[1] && train.text.count == 50)
    }

    @Test func theDigestIsOfBytesAndCuts() throws {
        let digest = try cut().digest
        #expect(try cut().digest == digest)
        #expect(try Datasets(text: ("elsewhere", Self.bytes), length: 4, stride: 3, validation: 0.2).digest == digest)
        var changed = Self.bytes
        // In no window.
        changed[49] ^= 1
        #expect(try cut(changed).digest != digest)
        #expect(try cut(length: 5).digest != digest)
        #expect(try cut(stride: 2).digest != digest)
        #expect(try cut(validation: 0.22).digest != digest)
    }

    /// Where a part is not a whole number of bytes it is rounded; 0.29 · 100 is a little less than 29.
    @Test func thePartForValidationIsRounded() throws {
        let text = try cut([UInt8](repeating: 65, count: 100), length: 1, stride: 1, validation: 0.29)
        #expect(text.train.count == 70 && text.test.count == 28)
    }

    @Test func whatIsTooShortIsRefusedWithTheLengths() throws {
        func expect(_ found: String, _ body: () throws(StorageError) -> Datasets) {
            let error = #expect(throws: StorageError.self) { try body() }
            #expect(error?.kind == .badData && error?.message.contains(found) == true, "\(error?.message ?? "none")")
        }
        expect("reading text book: it is empty") { () throws(StorageError) in try cut([]) }
        expect("of its 50 bytes 40 are for training, and one window of length 40 takes 41") {
            () throws(StorageError) in try cut(length: 40)
        }
        expect("of its 50 bytes 10 are for validation, and one window of length 10 takes 11") {
            () throws(StorageError) in try cut(length: 10)
        }
        #expect(try cut(length: 9).test.count == 1)
        let outputs = #expect(throws: StorageError.self) { try cut().validate(outputShape: [4, 255]) }
        #expect(outputs?.kind == .badData)
        try cut().validate(outputShape: [4, 256])
    }

    @Test func files() throws {
        let folder = TemporaryFolder()
        writeBytes(Self.bytes, folder.file("book"))
        #expect(try Datasets.readText(folder.file("book")) == Self.bytes)
        let missing = #expect(throws: StorageError.self) { try Datasets.readText(folder.file("none")) }
        #expect(missing?.kind == .noInput && missing?.message.contains("reading text") == true)
        let noFile = #expect(throws: StorageError.self) { try Datasets.readText(folder.path) }
        #expect(noFile?.kind == .badData)
    }
}
