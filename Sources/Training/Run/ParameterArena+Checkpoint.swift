import Core
import Storage

extension ParameterArena<Float> {
    /// What of a checkpoint's parameters and buffers is another network's; nil if all are this one's.
    func mismatch(with checkpoint: Checkpoint) -> String? {
        checkpoint.parameters.mismatch(with: parameters.map { ($0.name, $0.shape) }, "parameter")
            ?? checkpoint.buffers.mismatch(with: buffers.map { ($0.name, $0.shape) }, "buffer")
    }

    /// Takes over a checkpoint's parameters and buffers.
    ///
    /// - Precondition: `mismatch(with:)` is nil; the arena is sealed.
    func load(_ checkpoint: Checkpoint) {
        for parameter in parameters {
            parameter.store(checkpoint.parameters[parameter.name]!, at: values + parameter.offset)
        }
        for buffer in buffers {
            (bufferValues + buffer.offset).update(
                from: checkpoint.buffers[buffer.name]!.values, count: buffer.count)
        }
    }
}

extension [Checkpoint.Tensor] {
    subscript(name: String) -> Checkpoint.Tensor? { first { $0.name == name } }

    /// What of these is missing, of another shape, or too much; nil if they are what is wanted.
    ///
    /// - Parameter what: what one of them is called.
    func mismatch(with wanted: [(name: String, shape: Shape)], _ what: String) -> String? {
        for (name, shape) in wanted {
            guard let tensor = self[name] else { return "\(what) \(name) is missing" }
            guard tensor.shape == shape else {
                return "\(what) \(name) has shape \(tensor.shape), the network's has \(shape)"
            }
        }
        let other = first { tensor in !wanted.contains { $0.name == tensor.name } }
        return other.map { "\(what) \($0.name) is not in the network" }
    }
}
