/// One tensor that a gradient is taken with respect to: the input or a parameter.
struct CheckedTensor {
    /// The layer's name, and the tensor's within it.
    let layer: String
    let name: String
    /// The layers before this one do not depend on the tensor.
    let firstLayer: Int
    /// The parameter's place in the arena; nil for the input.
    let parameter: Int?
    let count: Int
}

extension CheckedPass {
    /// The input, then every parameter. Whole numbers have no derivative.
    var tensors: [CheckedTensor] {
        var tensors: [CheckedTensor] = []
        if inputClasses == nil {
            tensors.append(
                CheckedTensor(
                    layer: network.layers[0].name, name: "input", firstLayer: 0, parameter: nil, count: input.count))
        }
        for (index, parameter) in network.arena.parameters.enumerated() {
            let owner = network.layers.firstIndex { parameter.name.hasPrefix($0.name + "/") }
            let layer = owner.map { network.layers[$0].name } ?? ""
            tensors.append(
                CheckedTensor(
                    layer: layer, name: String(parameter.name.dropFirst(owner == nil ? 0 : layer.count + 1)),
                    firstLayer: owner ?? 0, parameter: index, count: parameter.count))
        }
        return tensors
    }

    /// Where element `index` (in logical order) of a tensor lies.
    func element(_ index: Int, of tensor: CheckedTensor) -> UnsafeMutablePointer<Scalar> {
        guard let parameter = tensor.parameter else { return input.base + index }
        let declared = network.arena.parameters[parameter]
        return network.arena.values + declared.offset + declared.storageIndex(index)
    }
}

extension CheckedPass.Gradient {
    /// The gradient with respect to one tensor, in logical order.
    func of(_ tensor: CheckedTensor) -> [Scalar] { tensor.parameter.map { parameters[$0] } ?? input }
}
