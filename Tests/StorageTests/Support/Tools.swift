import Foundation
import Testing

/// Debian's Python, where `python3-h5py` is installed, and the committed scripts.
enum Tools {
    static let python = "/usr/bin/python3"

    /// Runs a script that lies beside the tests. That it cannot run is a failure of the test, never a reason to skip.
    static func script(_ name: String, _ arguments: String...) throws -> [String] {
        let folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent().path
        let command = try Command(python, ["\(folder)/\(name)"] + arguments)
        #expect(command.status == 0, "\(name) \(arguments): \(command.errors) (is python3-h5py installed?)")
        return command.output.split(separator: "\n").map(String.init)
    }

    /// The process that tests kill, or starve; built beside the tests.
    static var helper: String {
        Bundle.main.bundleURL.appendingPathComponent("StorageTestHelper").path
    }
}
