import Core

/// The whole state of a run after a step: what it takes to go on with the same bits.
public struct Checkpoint: Sendable, Equatable {
    /// One array of the network or the optimiser, in logical order: a weight is [in, out], the last index fastest.
    public struct Tensor: Sendable, Equatable {
        /// The arena's name: `linear1/weight`.
        public var name: String
        public var shape: Shape
        public var values: [Float]

        /// - Precondition: as many values as the shape has elements.
        public init(name: String, shape: Shape, values: [Float]) {
            precondition(
                values.count == shape.elementCount, "\(name): \(values.count) values for a shape of \(shape)")
            self.name = name
            self.shape = shape
            self.values = values
        }
    }

    /// One of the optimiser's memories of every parameter, e.g. `velocity`.
    public struct OptimizerSlot: Sendable, Equatable {
        public var name: String
        public var tensors: [Tensor]

        public init(name: String, tensors: [Tensor]) {
            self.name = name
            self.tensors = tensors
        }
    }

    /// Something else with memory: a partial sum, a counter.
    public struct StateEntry: Sendable, Equatable {
        public var name: String
        public var value: StateValue

        public init(name: String, value: StateValue) {
            self.name = name
            self.value = value
        }
    }

    public enum StateValue: Sendable, Equatable {
        case doubles([Double])
        case integers([Int64])
    }

    /// The steps done.
    public var step: Int
    /// The epochs done.
    public var epoch: Int
    /// The samples of the current epoch that are done.
    public var position: Int
    /// The configuration, as YAML.
    public var config: String
    public var parameters: [Tensor]
    public var buffers: [Tensor]
    public var optimizer: [OptimizerSlot]
    public var state: [StateEntry]

    public init(
        step: Int, epoch: Int, position: Int, config: String, parameters: [Tensor], buffers: [Tensor] = [],
        optimizer: [OptimizerSlot] = [], state: [StateEntry] = []
    ) {
        self.step = step
        self.epoch = epoch
        self.position = position
        self.config = config
        self.parameters = parameters
        self.buffers = buffers
        self.optimizer = optimizer
        self.state = state
    }

    /// The state entry of this name.
    public func state(_ name: String) -> StateValue? {
        state.first { $0.name == name }?.value
    }
}
