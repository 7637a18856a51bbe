/// What attention's descriptions have in common.
struct AttentionOptions: Sendable {
    let isCausal: Bool
    let dropout: Double
    let hasBias: Bool
    let initializer: Initializer
    let backend: ProductBackend

    init(isCausal: Bool, dropout: Double, hasBias: Bool, initializer: Initializer, backend: ProductBackend) {
        require(
            dropout >= 0 && dropout < 1, "an attention dropout of \(dropout); it must be at least 0 and below 1")
        self.isCausal = isCausal
        self.dropout = dropout
        self.hasBias = hasBias
        self.initializer = initializer
        self.backend = backend
    }
}

extension Shape {
    /// Throws unless the samples are sequences of as many steps as can all be compared with each other.
    func requireSequence(layer: String, heads: Int) throws(ShapeError) {
        guard rank == 2 else { throw ShapeError(layer: layer, expected: "[steps, features]", given: self) }
        let (steps, limit) = (dimensions[0], Int(Int32.max))
        guard steps <= 46_340, steps * steps <= limit / heads else {
            throw ShapeError(
                layer: layer,
                message: "\(heads) heads that compare all \(steps) steps of \(self) with each other make more than "
                    + "\(limit) weights a sample; make the sequence shorter")
        }
    }
}
