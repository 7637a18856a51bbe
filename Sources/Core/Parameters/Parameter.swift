/// What a layer declares of one parameter.
public struct Parameter: Sendable {
    /// The arena's name, with slashes: `linear1/weight`.
    public let name: String
    /// The logical shape: a weight is [in, out].
    public let shape: Shape
    public let initializer: Initializer
    /// The inputs and outputs that one output and one input of the layer are connected with.
    public let fanIn: Int
    public let fanOut: Int
    public let layout: ParameterLayout
    /// What a weight is multiplied with; nil for what is in no product.
    public let product: ProductShape?
    /// Whether weight decay applies: not to biases, not to batchnorm.
    public let decays: Bool
    /// Where the elements begin in the arena, in elements; a multiple of 64 bytes.
    public internal(set) var offset: Int

    public var count: Int { shape.elementCount }

    /// The elements of the arena that are this parameter's.
    public var range: Range<Int> { offset..<(offset + count) }

    /// Where the logical element `index` (row-major) lies, counted from `offset`.
    public func storageIndex(_ index: Int) -> Int {
        guard layout == .columnPanels else { return index }
        let columns = shape.last
        return layout.offset(
            row: index / columns, column: index % columns, rows: shape.elementCount / columns, columns: columns)
    }
}

/// A handle to a declared parameter: its place in the order of declaration.
public struct ParameterID: Sendable, Hashable {
    public let index: Int
}

/// A handle to a declared buffer: its place in the order of declaration.
public struct BufferID: Sendable, Hashable {
    public let index: Int
}

/// State that is not trained but belongs to the network: batchnorm's running statistics.
public struct StateBuffer: Sendable {
    /// `batchnorm1/running_mean`.
    public let name: String
    public let shape: Shape
    public let initialValue: Double
    /// Where the elements begin in the arena's buffer memory.
    public internal(set) var offset: Int

    public var count: Int { shape.elementCount }
    public var range: Range<Int> { offset..<(offset + count) }
}
