/// All parameters of a network in one flat buffer, and their gradients in one flat buffer a root.
///
/// Layers declare; `seal` lays everything out. Broadcast, reduction, optimiser, checkpoint and histograms iterate the arena
/// and nothing else, so no parameter can be forgotten. Between parameters lie gaps (64-byte alignment) that stay zero.
public final class ParameterArena<Scalar: TrainingScalar> {
    public private(set) var parameters: [Parameter] = []
    public private(set) var buffers: [StateBuffer] = []
    /// The elements of the flat buffer, gaps included.
    public private(set) var storageCount = 0
    /// The elements of the buffers' memory, gaps included.
    public private(set) var bufferStorageCount = 0
    public private(set) var isSealed = false

    private var valueMemory: UnsafeMutablePointer<Scalar>?
    private var gradientMemory: [UnsafeMutablePointer<Scalar>] = []
    private var bufferMemory: UnsafeMutablePointer<Scalar>?
    private var owned: [AlignedBuffer<Scalar>] = []

    public init() {}

    /// The trained numbers, gaps not counted.
    public var parameterCount: Int { parameters.map(\.count).reduce(0, +) }

    private static var alignment: Int { max(1, 64 / MemoryLayout<Scalar>.stride) }

    private static func aligned(_ count: Int) -> Int { (count + alignment - 1) / alignment * alignment }

    /// Declares a parameter.
    ///
    /// - Parameter product: of a weight, the product that it is in (`MatrixProduct.shape`): what benchmarks go by.
    /// - Precondition: the arena is not sealed; the name is new; panels need a matrix.
    public func declare(
        _ name: String, shape: Shape, initializer: Initializer, fanIn: Int = 1, fanOut: Int = 1,
        layout: ParameterLayout = .rowMajor, product: ProductShape? = nil, decays: Bool
    ) -> ParameterID {
        require(!isSealed, "parameter \(name) declared after the arena was sealed")
        require(!parameters.contains { $0.name == name }, "parameter \(name) declared twice")
        require(layout == .rowMajor || shape.rank == 2, "parameter \(name): panels need a matrix, not \(shape)")
        parameters.append(
            Parameter(
                name: name, shape: shape, initializer: initializer, fanIn: fanIn, fanOut: fanOut, layout: layout,
                product: product, decays: decays, offset: storageCount))
        storageCount += Self.aligned(shape.elementCount)
        return ParameterID(index: parameters.count - 1)
    }

    /// Declares a buffer that starts at `initialValue` everywhere.
    public func declareBuffer(_ name: String, shape: Shape, initialValue: Double) -> BufferID {
        require(!isSealed, "buffer \(name) declared after the arena was sealed")
        require(!buffers.contains { $0.name == name }, "buffer \(name) declared twice")
        buffers.append(StateBuffer(name: name, shape: shape, initialValue: initialValue, offset: bufferStorageCount))
        bufferStorageCount += Self.aligned(shape.elementCount)
        return BufferID(index: buffers.count - 1)
    }

    /// Gives every declared parameter, gradient and buffer its memory.
    ///
    /// - Parameters:
    ///   - rootCount: the gradient partials that a backward pass makes: one for each root of its shard layout.
    ///   - values: memory of `storageCount` elements for the values, with 64 readable bytes behind them (the native product
    ///     reads vectors that begin inside); nil to allocate it here.
    ///   - gradients: memory of `storageCount` elements a root; nil to allocate it here.
    public func seal(
        rootCount: Int, values: UnsafeMutablePointer<Scalar>? = nil, gradients: [UnsafeMutablePointer<Scalar>]? = nil
    ) {
        require(!isSealed, "the arena is sealed already")
        require(gradients.map { $0.count == rootCount } ?? true, "gradient memory for \(rootCount) roots")
        isSealed = true
        valueMemory = values ?? allocate(storageCount, .parameters)
        gradientMemory = gradients ?? (0..<rootCount).map { _ in allocate(storageCount, .gradients) }
        bufferMemory = allocate(bufferStorageCount, .parameters)
        initializeBuffers()
    }

    /// Gives every buffer its first values.
    ///
    /// - Precondition: the arena is sealed.
    public func initializeBuffers() {
        for buffer in buffers {
            (bufferValues + buffer.offset).update(repeating: Scalar(buffer.initialValue), count: buffer.count)
        }
    }

    private func allocate(_ count: Int, _ kind: MemoryKind) -> UnsafeMutablePointer<Scalar> {
        let buffer = AlignedBuffer<Scalar>(count: count, kind: kind)
        owned.append(buffer)
        return buffer.base
    }

    /// All values.
    public var values: UnsafeMutablePointer<Scalar> {
        require(isSealed, "the arena is not sealed yet")
        return valueMemory!
    }

    /// All buffers.
    public var bufferValues: UnsafeMutablePointer<Scalar> {
        require(isSealed, "the arena is not sealed yet")
        return bufferMemory!
    }

    /// Whether every buffer holds numbers only.
    ///
    /// - Complexity: no allocation.
    public var areBuffersFinite: Bool { Scalar.areFinite(bufferValues, count: bufferStorageCount) }

    /// The number of gradient partials that a backward pass makes.
    public var rootCount: Int { gradientMemory.count }

    /// The gradient partial of root `root`, all parameters.
    public func gradients(root: Int) -> UnsafeMutablePointer<Scalar> { gradientMemory[root] }

    /// The values of one parameter, in its layout.
    public func values(_ id: ParameterID) -> UnsafeMutablePointer<Scalar> { values + parameters[id.index].offset }

    /// The gradient partial of one parameter for root `root`, in the parameter's layout.
    public func gradient(_ id: ParameterID, root: Int) -> UnsafeMutablePointer<Scalar> {
        gradientMemory[root] + parameters[id.index].offset
    }

    /// The values of one buffer.
    public func values(_ id: BufferID) -> UnsafeMutablePointer<Scalar> { bufferValues + buffers[id.index].offset }
}
