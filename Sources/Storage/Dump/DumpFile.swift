/// Arrays of one step for a person to look at, as `dtrain debug --dump` writes them.
public struct DumpFile: Sendable {
    /// One array.
    public struct Item: Sendable {
        /// Where it is in the file: `/activations/linear1`.
        public var path: String
        /// The extents; a batch's rows first.
        public var shape: [Int]
        public var values: [Double]
        /// What it is, in words.
        public var longName: String

        /// - Precondition: as many values as the shape has elements.
        public init(path: String, shape: [Int], values: [Double], longName: String) {
            precondition(values.count == shape.reduce(1, *), "\(path): \(values.count) values for a shape of \(shape)")
            self.path = path
            self.shape = shape
            self.values = values
            self.longName = longName
        }
    }

    static let format = "dtrain-dump"

    /// The step that the arrays are of.
    public var step: Int
    /// The configuration, as YAML.
    public var config: String
    public var items: [Item]

    public init(step: Int, config: String, items: [Item]) {
        self.step = step
        self.config = config
        self.items = items
    }

    /// Replaces the file at `path`, whole.
    ///
    /// - Precondition: no two items have the same path.
    /// - Throws: `cannotCreate`, `inputOutput`; then the file that was there is as it was.
    public func write(to path: String) throws(StorageError) {
        precondition(Set(items.map(\.path)).count == items.count, "two arrays of a dump have one path")
        try SealedFile.write(path, format: Self.format, what: "dump") { writer throws(HDF5Error) in
            try writer.attribute("/", "format", Self.format)
            try writer.attribute("/", "format_version", Int64(1))
            try writer.attribute("/", "step", Int64(step))
            try writer.attribute("/", "config", config)
            for item in items {
                try writer.write(
                    item.path, item.values, shape: item.shape,
                    HDF5Writer.Description(units: "1", longName: item.longName))
            }
        }
    }
}
