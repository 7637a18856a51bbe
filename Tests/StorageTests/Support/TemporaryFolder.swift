import Foundation

/// A folder of a test's own, removed with it.
final class TemporaryFolder {
    let path: String

    init() {
        path = NSTemporaryDirectory() + "/dtrain-storage-" + UUID().uuidString
        try! FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    /// The names in it, hidden ones too.
    var names: [String] { try! FileManager.default.contentsOfDirectory(atPath: path).sorted() }
}

func readBytes(_ path: String) -> [UInt8] {
    Array(FileManager.default.contents(atPath: path)!)
}

func writeBytes(_ bytes: [UInt8], _ path: String) {
    precondition(FileManager.default.createFile(atPath: path, contents: Data(bytes)))
}
