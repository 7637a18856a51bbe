import Core

/// The layers of a network with shapes and parameter counts.
public struct LayerTable: CustomStringConvertible {
    public let description: String

    public init<Scalar: TrainingScalar>(_ network: Network<Scalar>) {
        var table = TextTable([("layer", .left), ("input", .left), ("output", .left), ("parameters", .right)])
        for layer in network.layers {
            let own = network.arena.parameters.filter { $0.name.hasPrefix(layer.name + "/") }
            table.add([
                layer.name, "\(layer.inputShape)", "\(layer.outputShape)", grouped(own.map(\.count).reduce(0, +)),
            ])
        }
        table.add(["total", "\(network.inputShape)", "\(network.outputShape)", grouped(network.arena.parameterCount)])
        description = table.description
    }
}

/// 12,345
public func grouped(_ number: Int) -> String {
    var digits = Array(String(abs(number)))
    var i = digits.count - 3
    while i > 0 {
        digits.insert(",", at: i)
        i -= 3
    }
    return (number < 0 ? "-" : "") + String(digits)
}
