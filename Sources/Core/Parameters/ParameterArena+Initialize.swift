extension ParameterArena {
    /// Gives every parameter its first values.
    ///
    /// Element i (in logical row-major order) of the p-th declared parameter takes word i mod 4 of the random block with
    /// counter (i / 4, 0, 0, p): its value depends on the seed, p, i and the initializer alone, not on how the
    /// parameter lies in memory. Computed in Double and rounded once.
    /// - Precondition: the arena is sealed.
    public func initialize(seed: UInt64) {
        for (ordinal, parameter) in parameters.enumerated() {
            let values = self.values + parameter.offset
            switch parameter.initializer {
            case .he:
                let deviation = (2 / Double(parameter.fanIn)).squareRoot()
                fillNormal(values, parameter, ordinal, seed, deviation)
            case .glorot:
                let limit = (6 / Double(parameter.fanIn + parameter.fanOut)).squareRoot()
                fillUniform(values, parameter, ordinal, seed, limit)
            case .normal(let deviation):
                fillNormal(values, parameter, ordinal, seed, deviation)
            case .uniform(let limit):
                fillUniform(values, parameter, ordinal, seed, limit)
            case .constant(let value):
                values.update(repeating: Scalar(value), count: parameter.count)
            case .parts(let constants):
                fillParts(values, parameter, constants)
            }
        }
    }

    /// N(0, deviation²): elements 2j and 2j + 1 are the two draws that words 2j and 2j + 1 give.
    private func fillNormal(
        _ values: UnsafeMutablePointer<Scalar>, _ parameter: Parameter, _ ordinal: Int, _ seed: UInt64,
        _ deviation: Double
    ) {
        forEachBlock(parameter, ordinal, seed) { first, words in
            let (a, b) = Philox.normals(words.x, words.y)
            let (c, d) = Philox.normals(words.z, words.w)
            let draws = SIMD4(a, b, c, d) * deviation
            for j in 0..<min(4, parameter.count - first) {
                values[parameter.storageIndex(first + j)] = Scalar(draws[j])
            }
        }
    }

    /// Uniform in (−limit, limit).
    private func fillUniform(
        _ values: UnsafeMutablePointer<Scalar>, _ parameter: Parameter, _ ordinal: Int, _ seed: UInt64, _ limit: Double
    ) {
        forEachBlock(parameter, ordinal, seed) { first, words in
            for j in 0..<min(4, parameter.count - first) {
                let draw = (2 * Philox.openUnitDouble(words[j]) - 1) * limit
                values[parameter.storageIndex(first + j)] = Scalar(draw)
            }
        }
    }

    private func fillParts(
        _ values: UnsafeMutablePointer<Scalar>, _ parameter: Parameter, _ constants: [Double]
    ) {
        require(
            !constants.isEmpty && parameter.count % constants.count == 0,
            "parameter \(parameter.name): \(parameter.count) elements are not \(constants.count) equal parts")
        let length = parameter.count / constants.count
        for i in 0..<parameter.count { values[parameter.storageIndex(i)] = Scalar(constants[i / length]) }
    }

    private func forEachBlock(
        _ parameter: Parameter, _ ordinal: Int, _ seed: UInt64, _ body: (_ first: Int, _ words: SIMD4<UInt32>) -> Void
    ) {
        for first in stride(from: 0, to: parameter.count, by: 4) {
            let counter = Philox.counter(
                block: first / 4, position: 0, step: 0, purpose: .initialWeights, ordinal: ordinal)
            body(first, Philox.block(key: seed, counter: counter))
        }
    }
}
