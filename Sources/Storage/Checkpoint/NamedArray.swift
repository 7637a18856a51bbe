/// A dataset of a checkpoint: where it is in the file, and what is in it.
struct NamedArray: Sendable {
    enum Contents: Sendable {
        case floats([Float])
        case doubles([Double])
        case integers([Int64])

        /// The name of the type in digests.
        var typeName: String {
            switch self {
            case .floats: "float32"
            case .doubles: "float64"
            case .integers: "int64"
            }
        }
    }

    let path: String
    /// What it is, in words.
    let longName: String
    let shape: [Int]
    let contents: Contents

    /// A tensor at `folder` + its name.
    init(_ folder: String, _ tensor: Checkpoint.Tensor, longName: String) {
        path = folder + tensor.name
        self.longName = longName
        shape = tensor.shape.dimensions
        contents = .floats(tensor.values)
    }

    init(_ entry: Checkpoint.StateEntry) {
        path = "/state/" + entry.name
        longName = entry.name
        switch entry.value {
        case .doubles(let values):
            shape = [values.count]
            contents = .doubles(values)
        case .integers(let values):
            shape = [values.count]
            contents = .integers(values)
        }
    }
}

extension Checkpoint {
    /// All datasets, in the order of declaration.
    var arrays: [NamedArray] {
        parameters.map { NamedArray("/parameters/", $0, longName: $0.name) }
            + buffers.map { NamedArray("/buffers/", $0, longName: $0.name) }
            + optimizer.flatMap { slot in
                slot.tensors.map { NamedArray("/optimizer/\(slot.name)/", $0, longName: "\(slot.name) of \($0.name)") }
            }
            + state.map { NamedArray($0) }
    }
}
