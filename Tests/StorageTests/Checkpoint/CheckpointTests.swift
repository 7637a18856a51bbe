import Core
import Glibc
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
        #expect(try Checkpoint.read(bytes: Checkpoint.readBytes(path), path: path) == checkpoint)
    }

    /// Several chunks, scalars, arrays of three dimensions, names in many levels, a configuration beyond HDF5's old limits.
    @Test func largeStateComesBackAsItWas() throws {
        let many: [Float] = (0..<1_200_000).map { Float($0) }
        let checkpoint = Checkpoint(
            step: 123_456_789_012, epoch: 0, position: 0, config: String(repeating: "größer\n", count: 20_000),
            parameters: [
                .init(name: "a/b/c/weight", shape: [1200, 1000], values: many),
                .init(name: "a/scale", shape: [], values: [7]),
                .init(name: "wide", shape: [2, 600_000], values: many),
                .init(name: "wide3", shape: [2, 3, 200_000], values: many),
            ])
        let path = try checkpoint.write(folder: folder.path)
        #expect(path.hasSuffix("/step-123456789012.h5"))
        #expect(try Checkpoint.read(path) == checkpoint)
    }

    @Test func nothingButParameters() throws {
        let checkpoint = Checkpoint(step: 0, epoch: 0, position: 0, config: "", parameters: [])
        #expect(try Checkpoint.read(checkpoint.write(folder: folder.path)) == checkpoint)
    }

    @Test func equalStatesMakeEqualFiles() throws {
        let other = TemporaryFolder()
        let one = try Samples.checkpoint().write(folder: folder.path)
        // Times of change would be in seconds.
        usleep(1_100_000)
        let two = try Samples.checkpoint().write(folder: other.path)
        let isEqual = readBytes(one) == readBytes(two)
        #expect(isEqual)
    }

    @Test func digestTellsStatesApart() {
        let checkpoint = Samples.checkpoint()
        var digests: Set<String> = [checkpoint.digest]
        func change(_ what: (inout Checkpoint) -> Void) {
            var changed = checkpoint
            what(&changed)
            #expect(digests.insert(changed.digest).inserted)
        }
        change { $0.step += 1 }
        change { $0.epoch += 1 }
        change { $0.position += 1 }
        change { $0.config += " " }
        change { $0.config = "S" + $0.config.dropFirst() }
        change { $0.parameters[0].values[0] = -0.0 }
        change { $0.parameters[0].values[4] = 0 }
        change { $0.parameters[0].name = "linear1/bias2" }
        change { $0.parameters[1].shape = [5, 7] }
        change { $0.buffers[0].values[1] = 3 }
        change { $0.optimizer[0].name = "velocity" }
        change { $0.optimizer[1].tensors[0].values[0] += 1 }
        change { $0.state[0].value = .doubles([0.2]) }
        change { $0.state[0].value = .integers([1]) }
        change { $0.state.removeLast() }
    }

    @Test func digestDoesNotDependOnOrderOrNaN() {
        var checkpoint = Samples.checkpoint()
        checkpoint.parameters[0].values[0] = .nan
        let digest = checkpoint.digest
        checkpoint.parameters.swapAt(0, 1)
        checkpoint.optimizer.swapAt(0, 1)
        checkpoint.parameters[1].values[0] = Float(bitPattern: 0xffff_ffff)
        #expect(checkpoint.digest == digest)
    }

    @Test func parametersDigestIsOfParametersAlone() {
        let checkpoint = Samples.checkpoint()
        var other = checkpoint
        other.step = 1
        other.buffers = []
        other.optimizer = []
        other.state = []
        #expect(other.parametersDigest == checkpoint.parametersDigest)
        #expect(Checkpoint.digest(ofParameters: checkpoint.parameters) == checkpoint.parametersDigest)
        other.parameters[1].values[3] = 9
        #expect(other.parametersDigest != checkpoint.parametersDigest)
    }

    @Test func whereNothingCanBeWritten() {
        writeBytes([1], folder.file("file"))
        for place in ["missing", "file"] {
            let error = #expect(throws: StorageError.self) {
                try Samples.checkpoint().write(folder: folder.file(place))
            }
            #expect(error?.kind == .cannotCreate)
        }
        #expect(folder.names == ["file"])
    }

    /// The link is not replaced where a folder has its name; the checkpoint itself is good.
    @Test func latestInTheWay() throws {
        _ = try Command("/bin/mkdir", [folder.file("latest")])
        #expect(throws: StorageError.self) { try Samples.checkpoint().write(folder: folder.path) }
        #expect(try Checkpoint.read(folder.file("step-00000320.h5")) == Samples.checkpoint())
        #expect(folder.names == ["latest", "step-00000320.h5"])
    }
}
