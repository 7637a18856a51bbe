import Distributed

/// What a window must do, as collective routines that return what they found wrong.
enum WindowScenario {
    /// A small window, so that some of the contract's messages fit its halves and others do not.
    static func contractViolations(of communicator: any Communicator) -> [String] {
        do {
            let window = try SharedWindow(
                communicator, sharedBytes: 0, bytesOfRank: [Int](repeating: 0, count: communicator.size),
                messageBytes: 4096)
            return CommunicatorContract.violations(
                of: WindowCommunicator.over(communicator, window), largeBytes: 100_001)
        } catch {
            return ["\(error)"]
        }
    }

    /// Each rank fills its part and, in turn, the shared part; everybody looks at all that it should see.
    static func memoryViolations(of communicator: any Communicator, isShared: Bool) -> [String] {
        let (rank, size) = (communicator.rank, communicator.size)
        var violations: [String] = []
        func require(_ condition: Bool, _ what: String) {
            if !condition { violations.append("rank \(rank) of \(size): \(what)") }
        }
        // Ranks' parts have different lengths; one has none.
        let bytesOfRank = (0..<size).map { $0 * 5000 }
        guard
            let window = try? SharedWindow(
                communicator, sharedBytes: 10_000, bytesOfRank: bytesOfRank, isShared: isShared)
        else { return ["no memory"] }
        require(window.nodes.count == (isShared ? Set(communicator.hostNames).count : size), "\(window.nodes)")
        func bytes(_ base: UnsafeMutableRawPointer, _ count: Int) -> UnsafeMutableBufferPointer<UInt8> {
            UnsafeMutableBufferPointer(start: base.assumingMemoryBound(to: UInt8.self), count: count)
        }
        let own = bytes(window.part(ofPlace: window.nodes.place), bytesOfRank[rank])
        require(own.allSatisfy { $0 == 0 } && bytes(window.shared, 10_000).allSatisfy { $0 == 0 }, "not zero at first")
        own.update(repeating: UInt8(rank + 1))
        window.waitForNode()
        for (place, neighbour) in window.nodes.neighbours.enumerated() {
            let part = bytes(window.part(ofPlace: place), bytesOfRank[neighbour])
            require(part.allSatisfy { $0 == UInt8(neighbour + 1) }, "the part of rank \(neighbour)")
        }
        let shared = bytes(window.shared, 10_000)
        for round in UInt8(1)...3 {
            window.writeShared { shared.update(repeating: round &* 10 &+ UInt8(window.nodes.own)) }
            require(shared.allSatisfy { $0 == round &* 10 &+ UInt8(window.nodes.own) }, "what the first rank wrote")
            window.waitForAll()
            window.broadcastShared(window.shared, byteCount: 10_000)
            require(shared.allSatisfy { $0 == round &* 10 }, "what rank 0 wrote")
            window.waitForAll()
        }
        return violations
    }

    /// Each rank writes the round's number before a wait and looks at everybody's after it.
    static func waitViolations(of communicator: any Communicator, rounds: Int) -> [String] {
        let (rank, size) = (communicator.rank, communicator.size)
        guard
            let window = try? SharedWindow(
                communicator, sharedBytes: 0, bytesOfRank: [Int](repeating: 16, count: size))
        else { return ["no memory"] }
        func slot(_ place: Int, _ round: Int) -> UnsafeMutablePointer<Int> {
            window.part(ofPlace: place).assumingMemoryBound(to: Int.self) + round % 2
        }
        var violations: [String] = []
        for round in 1...rounds {
            slot(window.nodes.place, round).pointee = round
            window.waitForNode()
            for place in window.nodes.neighbours.indices where slot(place, round).pointee != round {
                violations.append("rank \(rank) of \(size) in round \(round) found \(slot(place, round).pointee)")
            }
        }
        if size > 1 && window.waits != rounds { violations.append("\(window.waits) waits were counted") }
        return violations
    }
}
