import Core
import Storage
import Testing

@Suite struct CheckpointTests {
    let folder = TemporaryFolder()

    @Test func stateComesBackAsItWas() throws {
        let checkpoint = Samples.checkpoint()
        let path = try checkpoint.write(folder: folder.path)
        #expect(path == folder.file("step-00000320.h5"))
        let read = try Checkpoint.read(path)
        #expect(read == checkpoint)
        #expect(read.digest == checkpoint.digest)
        #expect(read.parameters[0].values[1].sign == .minus)
        #expect(folder.names == ["latest", "step-00000320.h5"])
        #expect(try Checkpoint.read(folder.file("latest")) == checkpoint)
    }
}
