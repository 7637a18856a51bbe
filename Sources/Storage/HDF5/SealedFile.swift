/// An HDF5 file of dtrain's on disk: made in memory, sealed, and replaced whole.
enum SealedFile {
    /// Makes a file with what `build` writes into it.
    ///
    /// - Parameters:
    ///   - format: the seal's first line, e.g. `dtrain-run`.
    ///   - what: what the file is, for messages.
    static func write(
        _ path: String, format: String, what: String, isMadeOfSmallDatasets: Bool = false,
        _ build: (HDF5Writer) throws(HDF5Error) -> Void
    ) throws(StorageError) {
        let image: HDF5Image
        do throws(HDF5Error) {
            let writer = try HDF5Writer(isMadeOfSmallDatasets: isMadeOfSmallDatasets)
            try build(writer)
            image = try writer.finish()
        } catch {
            throw StorageError(.inputOutput, "making \(what) \(path) in memory", error)
        }
        try FileSeal.block(format: format, image.bytes).withUnsafeBufferPointer { seal throws(StorageError) in
            try AtomicFile.write([UnsafeRawBufferPointer(seal), image.bytes], to: path, what: what)
        }
        withExtendedLifetime(image) {}
    }

    /// Checks the seal, and reads the file with `parse`.
    ///
    /// - Throws: `badData` if anything in it is not as dtrain wrote it.
    static func read<Contents>(
        _ bytes: [UInt8], path: String, format: String, _ parse: (HDF5Reader) throws(HDF5Error) -> Contents
    ) throws(StorageError) -> Contents {
        let image = try FileSeal.open(bytes, format: format, path: path)
        do throws(HDF5Error) {
            let reader = try HDF5Reader(image)
            let found = try reader.attribute("/", "format")
            guard found == format else {
                throw HDF5Error("its format is \(found), not \(format)")
            }
            return try parse(reader)
        } catch {
            throw StorageError(.badData, "reading \(path)", error)
        }
    }
}
