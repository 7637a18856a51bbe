import Distributed
import Foundation
import Training

/// A trainer that takes some steps when it is its turn, and the milliseconds of a step in each of its turns: several of them in turn
/// meet whatever else the machine does alike.
public struct TimedTrainer {
    public let name: String
    public private(set) var milliseconds: [Double] = []
    private let trainer: Trainer
    private var nextStep = 0

    public init(name: String, _ trainer: Trainer) {
        self.name = name
        self.trainer = trainer
    }

    /// Takes steps; their time is the slowest rank's.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public mutating func takeTurn(steps: Int, _ communicator: any Communicator) {
        communicator.barrier()
        let start = ContinuousClock.now
        for step in nextStep..<(nextStep + steps) { _ = trainer.step(step) }
        let elapsed = (ContinuousClock.now - start) / .milliseconds(1)
        nextStep += steps
        milliseconds.append(communicator.allgather(elapsed).max()! / Double(steps))
    }

    /// Has all of them take `rounds` turns, each round beginning with another: what the one before left in the caches meets all.
    /// A first turn is for warming up.
    ///
    /// - Parameter steps: of a turn of a trainer, given the milliseconds of a step in its last turn, if it had one.
    /// - Important: Collective; every rank calls it in the same order.
    public static func takeTurns(
        _ contenders: inout [TimedTrainer], rounds: Int, _ communicator: any Communicator, steps: (Double?) -> Int
    ) {
        for round in 0...rounds {
            for place in contenders.indices {
                let index = (place + round) % contenders.count
                contenders[index].takeTurn(steps: steps(contenders[index].milliseconds.last), communicator)
            }
            if round == 0 { for index in contenders.indices { contenders[index].milliseconds.removeFirst() } }
        }
    }
}

extension String {
    /// Filled up with spaces.
    public func padded(to length: Int) -> String { padding(toLength: length, withPad: " ", startingAt: 0) }
}
