import CSystem
import Core

extension WritePrefetch {
    /// Of a rank's gradients what others own and neighbours add up, and of the parameters what it owns; nil without neighbours, and
    /// for CPUs that cannot ask for lines to write.
    public convenience init?<Scalar: TrainingScalar>(_ arena: ParameterArena<Scalar>, owned: OwnedSlice, nodes: Nodes) {
        guard nodes.neighbours.count > 1, dtrain_can_prefetch_to_write() != 0 else { return nil }
        func memory(_ base: UnsafeMutablePointer<Scalar>, _ elements: Range<Int>) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(
                UnsafeMutableBufferPointer(start: base + elements.lowerBound, count: elements.count))
        }
        let own = owned.stretches.map(\.elements).filter { !$0.isEmpty }
        let others = zip([0] + own.map(\.upperBound), own.map(\.lowerBound) + [arena.storageCount]).map { $0..<$1 }
        let gradients = (0..<arena.rootCount).flatMap { root in
            others.map { memory(arena.gradients(root: root), $0) }
        }
        self.init(gradients: gradients, parameters: own.map { memory(arena.values, $0) })
    }
}
