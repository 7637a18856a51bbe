import Distributed

extension Mechanisms {
    /// The same, each saying what it waits for.
    var named: Mechanisms {
        var named = self
        named.gradientReduction = { communicator, memory, blocks, assignment in
            NamedReduction(gradientReduction(communicator, memory, blocks, assignment), communicator: communicator)
        }
        named.batchReduction = { reduction, communicator in
            NamedBatchReduction(batchReduction(reduction, communicator), waits: communicator.waits)
        }
        return named
    }
}
