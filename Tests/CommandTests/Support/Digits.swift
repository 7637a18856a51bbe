import Foundation
import Storage

/// Some of the bundled digits as a folder of plain IDX files, for tests to damage.
struct Digits {
    static let names = [
        "train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte",
    ]
    static let (trainImages, trainLabels) = (names[0], names[1])

    /// The first 300 samples of each part, in the order of `names`.
    private static let files: [[UInt8]] = {
        Datasets.bundledFiles.map { file in
            let array = try! IDX.parse(file.bytes, name: file.name)
            guard case .bytes(let bytes) = array.values else { preconditionFailure("\(file.name) holds no bytes") }
            let width = array.dimensions.dropFirst().reduce(1, *)
            return header([300] + array.dimensions.dropFirst()) + bytes[..<(300 * width)]
        }
    }()

    /// The header of an array of bytes.
    static func header(_ dimensions: [Int]) -> [UInt8] {
        [0, 0, 8, UInt8(dimensions.count)]
            + dimensions.flatMap { extent in (0..<4).map { UInt8(truncatingIfNeeded: extent >> (24 - 8 * $0)) } }
    }

    let folder: TemporaryFolder
    let name: String

    /// Writes the four files.
    init(in folder: TemporaryFolder, name: String = "digits") throws {
        self.folder = folder
        self.name = name
        try FileManager.default.createDirectory(atPath: folder.file(name), withIntermediateDirectories: false)
        for (file, bytes) in zip(Self.names, Self.files) { try folder.write(bytes, "\(name)/\(file)") }
    }

    /// Changes one file.
    func edit(_ file: String, _ change: (inout [UInt8]) -> Void) throws {
        var bytes = try folder.read("\(name)/\(file)")
        change(&bytes)
        try folder.write(bytes, "\(name)/\(file)")
    }
}
