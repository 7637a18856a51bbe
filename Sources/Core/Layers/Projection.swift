/// Y = X·W + b over the rows of all samples, with its parameters: what a linear layer is, and what leads into attention's
/// queries, keys and values and out of its heads.
final class Projection<Scalar: TrainingScalar> {
    private let arena: ParameterArena<Scalar>
    private let weight: ParameterID
    private let bias: ParameterID?
    private let product: MatrixProduct<Scalar>
    private var biasSums: ShardAccumulator<Scalar>?

    /// Declares `PREFIXweight` and, unless left out, `PREFIXbias`.
    ///
    /// - Parameters:
    ///   - prefix: what the parameters' names begin with: `linear1/`, `attention1/query_`.
    ///   - product: may be that of several projections of the same shapes; whoever made it prepares it.
    init(
        prefix: String, product: MatrixProduct<Scalar>, initializer: Initializer, hasBias: Bool,
        arena: ParameterArena<Scalar>
    ) {
        self.arena = arena
        self.product = product
        weight = arena.declare(
            "\(prefix)weight", shape: [product.inputs, product.outputs], initializer: initializer,
            fanIn: product.inputs, fanOut: product.outputs, layout: product.weightLayout, product: product.shape(),
            decays: true)
        bias =
            hasBias
            ? arena.declare("\(prefix)bias", shape: [product.outputs], initializer: .constant(0), decays: false) : nil
    }

    func prepare(limits: PassLimits) {
        biasSums = ShardAccumulator(length: product.outputs, merge: .sum, shardCount: limits.shards)
    }

    /// Y = X·W + b.
    ///
    /// - Parameter rows: of X: the samples times the steps of one.
    func forward(_ x: UnsafePointer<Scalar>, rows: Int, into y: UnsafeMutablePointer<Scalar>) {
        product.forward(
            x, rows: rows, weight: arena.values(weight), bias: bias.map { UnsafePointer(arena.values($0)) }, into: y)
    }

    /// dW = XᵀdY and db = Σ dY, one partial a root.
    func parameterGradients(_ x: UnsafePointer<Scalar>, _ dY: UnsafePointer<Scalar>, context: PassContext) {
        let shards = context.shards
        guard let biasSums else { fatalError("a projection's gradients before prepare") }
        for root in shards.roots.indices {
            product.weightGradient(
                x, dY, layout: shards, root: root, into: arena.gradient(weight, root: root))
            guard let bias else { continue }
            biasSums.reduce(root: root, of: shards, into: arena.gradient(bias, root: root)) { samples, db in
                RowReduction.sumRows(dY, samples.rows(each: product.rowsPerSample), width: product.outputs, into: db)
            }
        }
    }

    /// dX = dY·Wᵀ.
    func inputGradient(_ dY: UnsafePointer<Scalar>, rows: Int, into dX: UnsafeMutablePointer<Scalar>) {
        product.inputGradient(dY, rows: rows, weight: arena.values(weight), into: dX)
    }
}
