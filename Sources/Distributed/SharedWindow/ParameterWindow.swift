import Core

/// The memory of parameters and gradients: one copy of the parameters a node, and each rank's gradient partials where its
/// neighbours read them.
public final class ParameterWindow<Scalar: TrainingScalar> {
    public let window: SharedWindow
    /// The parameters: the same memory on all ranks of a node.
    public let values: UnsafeMutablePointer<Scalar>
    /// Why memory is not shared though it should be; the same on every rank.
    public let failure: SharedMemoryError?

    /// The elements of the arena.
    let storageCount: Int
    /// The bytes in this rank's account: its gradients, and the node's parameters in the first rank's.
    private let entries: [MemoryLedger.Entry?]

    /// Allocates memory for an arena of `storageCount` elements.
    ///
    /// - Parameter isShared: false to leave every rank on its own.
    /// - Important: Collective; every rank calls it in the same order.
    public init(_ communicator: any Communicator, storageCount: Int, assignment: ShardAssignment, isShared: Bool = true)
    {
        let bytes = Self.rounded(storageCount) * MemoryLayout<Scalar>.stride
        let bytesOfRank = (0..<communicator.size).map {
            assignment.maximumRoots(of: $0..<($0 + 1)) * bytes
        }
        func allocate(isShared: Bool) throws(SharedMemoryError) -> SharedWindow {
            try SharedWindow(communicator, sharedBytes: bytes, bytesOfRank: bytesOfRank, isShared: isShared)
        }
        do {
            window = try allocate(isShared: isShared && communicator.size > 1)
            failure = nil
        } catch {
            failure = error
            // When everybody has given back what there was of the window.
            communicator.barrier()
            let nodes = communicator.nodes
            if nodes.isFirst { OutOfMemory.check(nodes.neighbours.reduce(0) { $0 + bytes + bytesOfRank[$1] }) }
            communicator.barrier()
            guard let alone = try? allocate(isShared: false) else { preconditionFailure("\(error)") }
            window = alone
        }
        self.storageCount = storageCount
        entries = [
            MemoryLedger.enter(bytes: bytesOfRank[communicator.rank], kind: .gradients),
            window.nodes.isFirst ? MemoryLedger.enter(bytes: bytes, kind: .parameters) : nil,
        ]
        values = window.shared.bindMemory(to: Scalar.self, capacity: storageCount)
    }

    /// A root's gradient begins at a cache line.
    private static func rounded(_ count: Int) -> Int { (count + 63) / 64 * 64 }

    /// The partial of root `root` of a rank of this node.
    public func gradient(ofPlace place: Int, root: Int) -> UnsafeMutablePointer<Scalar> {
        window.part(ofPlace: place).bindMemory(to: Scalar.self, capacity: (root + 1) * Self.rounded(storageCount))
            + root * Self.rounded(storageCount)
    }

    /// This rank's own partials: what its arena is sealed with.
    public func ownGradients(roots: Int) -> [UnsafeMutablePointer<Scalar>] {
        (0..<roots).map { gradient(ofPlace: window.nodes.place, root: $0) }
    }

    /// Makes rank 0's parameters everybody's.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func broadcastValues() {
        window.broadcastShared(UnsafeMutableRawPointer(values), byteCount: storageCount * MemoryLayout<Scalar>.stride)
    }
}
