import Core

extension Checkpoint {
    /// SHA-256 over everything that a resume needs: the attributes step, epoch, position and config, and every dataset in the
    /// order of its path. Equal states have equal digests, on any machine.
    ///
    /// Computes SHA-256 of the text `dtrain-checkpoint\nstep S\nepoch E\nposition P\nconfig BYTES\n`, the configuration's
    /// bytes, and for each dataset in the order of its path's bytes the line `PATH TYPE EXTENT,EXTENT…\n` and its
    /// little-endian bytes, NaN as the one quiet NaN.
    public var digest: String {
        let hash = SHA256()
        hash.update("dtrain-checkpoint\nstep \(step)\nepoch \(epoch)\nposition \(position)\n")
        hash.update("config \(config.utf8.count)\n")
        hash.update(config)
        Self.update(hash, with: arrays)
        return hash.finish()
    }

    /// SHA-256 over the parameters alone: of each dataset in the order of its path's bytes, as in `digest`.
    public var parametersDigest: String { Self.digest(ofParameters: parameters) }

    /// The same digest of parameters that are in no checkpoint.
    public static func digest(ofParameters parameters: [Tensor]) -> String {
        let hash = SHA256()
        update(hash, with: parameters.map { NamedArray("/parameters/", $0, longName: $0.name) })
        return hash.finish()
    }

    private static func update(_ hash: borrowing SHA256, with arrays: [NamedArray]) {
        for array in arrays.sorted(by: { $0.path.utf8.lexicographicallyPrecedes($1.path.utf8) }) {
            let extents = array.shape.map(String.init).joined(separator: ",")
            hash.update("\(array.path) \(array.contents.typeName) \(extents)\n")
            switch array.contents {
            case .floats(let values): values.withUnsafeBufferPointer { hash.update($0) }
            case .doubles(let values): values.withUnsafeBufferPointer { hash.update($0) }
            case .integers(let values): values.withUnsafeBytes { hash.update($0) }
            }
        }
    }
}
