import CSystem
import Core

extension WritePrefetch {
    /// Of a rank's gradients what others own and neighbours add up, and of the parameters what it owns; nil without neighbours, and
    /// for CPUs that cannot ask for lines to write.
    public convenience init?<Scalar: TrainingScalar>(_ arena: ParameterArena<Scalar>, owned: Range<Int>, nodes: Nodes) {
        guard nodes.neighbours.count > 1, dtrain_can_prefetch_to_write() != 0 else { return nil }
        func memory(_ base: UnsafeMutablePointer<Scalar>, _ elements: Range<Int>) -> UnsafeMutableRawBufferPointer {
            UnsafeMutableRawBufferPointer(
                UnsafeMutableBufferPointer(start: base + elements.lowerBound, count: elements.count))
        }
        let gradients = (0..<arena.rootCount).flatMap { root in
            [0..<owned.lowerBound, owned.upperBound..<arena.storageCount].map {
                memory(arena.gradients(root: root), $0)
            }
        }
        self.init(gradients: gradients, parameters: memory(arena.values, owned))
    }
}
