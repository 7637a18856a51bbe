import Foundation
import Storage
import Testing

@Suite struct AtomicFileTests {
    let folder = TemporaryFolder()

    @Test func makesAndReplaces() throws {
        let path = folder.file("status")
        for contents in ["first", "", "größer\n", String(repeating: "long ", count: 100_000)] {
            try AtomicFile.write(contents, to: path, what: "file")
            #expect(String(decoding: readBytes(path), as: UTF8.self) == contents)
            #expect(folder.names == ["status"])
        }
    }

    @Test func leftoverOfAKilledRunIsOverwritten() throws {
        writeBytes([1, 2, 3], folder.file(".status.partial"))
        try AtomicFile.write("x", to: folder.file("status"), what: "file")
        #expect(folder.names == ["status"])
    }

    @Test func placesWhereNothingCanBeMade() throws {
        writeBytes([1], folder.file("file"))
        try FileManager.default.createDirectory(atPath: folder.file("folder"), withIntermediateDirectories: false)
        for place in ["missing/status", "file/status", "folder"] {
            let error = #expect(throws: StorageError.self) {
                try AtomicFile.write("x", to: folder.file(place), what: "status")
            }
            #expect(error?.kind == .cannotCreate, "\(place)")
            #expect(error?.message.contains(folder.file(place)) == true)
        }
        #expect(folder.names == ["file", "folder"])
        #expect(readBytes(folder.file("file")) == [1])
    }

    /// A link in the place of the temporary file leads nowhere else.
    @Test func temporaryLinkIsNotFollowed() throws {
        writeBytes([1], folder.file("precious"))
        try FileManager.default.createSymbolicLink(
            atPath: folder.file(".status.partial"), withDestinationPath: folder.file("precious"))
        #expect(throws: StorageError.self) { try AtomicFile.write("x", to: folder.file("status"), what: "status") }
        #expect(readBytes(folder.file("precious")) == [1])
    }

    /// What would be replaced is the link itself, as `/dev/stdout` is one.
    @Test func linksAndDevicesAreNotReplaced() throws {
        writeBytes([1], folder.file("precious"))
        for (name, target) in [("link", folder.file("precious")), ("dangling", folder.file("none"))] {
            try FileManager.default.createSymbolicLink(atPath: folder.file(name), withDestinationPath: target)
        }
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        let before = folder.names
        for place in ["link", "dangling", "pipe"] {
            let error = #expect(throws: StorageError.self) {
                try AtomicFile.write("x", to: folder.file(place), what: "drawing")
            }
            #expect(error?.kind == .cannotCreate, "\(place)")
            #expect(error?.message.contains("regular file") == true, "\(place)")
        }
        #expect(folder.names == before)
        #expect(readBytes(folder.file("precious")) == [1])
        let target = try FileManager.default.destinationOfSymbolicLink(atPath: folder.file("dangling"))
        #expect(target == folder.file("none"))
    }
}
