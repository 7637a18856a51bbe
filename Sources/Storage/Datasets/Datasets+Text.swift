import Core

extension Datasets {
    /// Cuts a text into windows: the first part of its bytes to train on, the rest to validate with.
    ///
    /// - Parameters:
    ///   - length: the bytes of a window, at least 1.
    ///   - stride: the bytes from the beginning of a window to that of the next, at least 1.
    ///   - validation: the part of the text that is for validation, between 0 and 1; rounded to whole bytes.
    /// - Throws: `badData` if the text is empty, or one of its parts too short for a window or too long for their number.
    public init(text: RawFile, length: Int, stride: Int, validation: Double) throws(StorageError) {
        precondition(validation > 0 && validation < 1, "\(validation) of a text for validation")
        func bad(_ found: String) -> StorageError { StorageError(.badData, "reading text \(text.name): \(found)") }
        guard !text.bytes.isEmpty else { throw bad("it is empty") }
        let border = text.bytes.count - Int((Double(text.bytes.count) * validation).rounded())
        let numbers = SampleNumbers(text.bytes)
        func dataset(_ part: Range<Int>, _ purpose: String) throws(StorageError) -> Dataset {
            guard let windows = TextWindows(numbers, part: part, length: length, stride: stride) else {
                throw bad(
                    "of its \(text.bytes.count) bytes \(part.count) are for \(purpose), and one window of length \(length) "
                        + "takes \(length + 1); make data.text.length smaller or the text longer")
            }
            guard windows.count <= Int(UInt32.max) else {
                throw bad(
                    "it has \(windows.count) windows for \(purpose), and \(UInt32.max) are the most; make data.text.stride "
                        + "larger")
            }
            return Dataset(windows)
        }
        self.init(
            train: try dataset(0..<border, "training"), test: try dataset(border..<text.bytes.count, "validation"))
    }

    /// Reads a text's file whole, for rank 0 to send to all.
    ///
    /// - Throws: `noInput` if there is none, `badData` if it is no regular file.
    public static func readText(_ path: String) throws(StorageError) -> [UInt8] {
        try FileSystem.read(path, what: "text")
    }
}
