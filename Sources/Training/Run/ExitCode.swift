import Core
import Distributed
import Storage

/// How a process ends, after BSD's sysexits.
public enum ExitCode: Int32, Sendable {
    case done = 0
    /// Two files or runs that were compared are not the same; nothing failed.
    case different = 1
    /// Flags, YAML, keys, values, layer sizes.
    case usage = 64
    /// Bad data or a damaged file.
    case badData = 65
    case noInput = 66
    /// A check failed, a value that is no number, or a bug.
    case failed = 70
    /// Output that cannot be created.
    case cannotCreate = 73
    case inputOutput = 74
    /// Stopped early by a signal, with a checkpoint written: run again with `--resume`.
    case stopped = 75
    /// Ranks that should agree do not.
    case disagreement = 76

    /// The code for an error.
    public init(for error: any Error) {
        switch error {
        case is ConfigurationError, is ShapeError: self = .usage
        case let error as StorageError:
            switch error.kind {
            case .noInput: self = .noInput
            case .badData: self = .badData
            case .cannotCreate: self = .cannotCreate
            case .inputOutput: self = .inputOutput
            }
        case let error as RunFailure: self = error.code
        case let error as JobFailure: self = error.code
        default: self = .failed
        }
    }
}

/// A run that cannot go on.
public struct RunFailure: Error, CustomStringConvertible, Sendable {
    public let code: ExitCode
    public let description: String

    public init(_ code: ExitCode, _ description: String) {
        self.code = code
        self.description = description
    }
}

/// A failure that every rank knows of, thrown on all of them at the same place.
public struct JobFailure: Error, CustomStringConvertible, Sendable {
    public let code: ExitCode
    /// The rank that failed: it alone reports.
    public let rank: Int
    /// What happened, on the rank that failed; empty on the others, and where nobody has to hear of it.
    public let description: String

    public init(code: ExitCode, rank: Int, description: String) {
        self.code = code
        self.rank = rank
        self.description = description
    }

    /// Ends a comparison that found a difference, which is a result and no failure.
    public static let different = JobFailure(code: .different, rank: 0, description: "")
}

extension Communicator {
    /// Runs `body` on every rank and, if it fails on any, throws on all: nobody waits for a rank that has given up.
    ///
    /// - Important: Collective; every rank calls it in the same order. `body` itself makes no collective call.
    /// - Throws: `JobFailure` naming the lowest rank that failed.
    public func together<Value>(_ body: () throws -> Value) throws -> Value {
        let outcome = Result { try body() }
        // A failing rank offers (rank, code); the smallest offer wins.
        var offer = UInt64.max
        var message = ""
        if case .failure(let error) = outcome {
            offer = UInt64(rank) << 32 | UInt64(ExitCode(for: error).rawValue)
            message = "\(error)"
        }
        offer = allreduce(offer, .minimum)
        guard offer == .max else {
            let failed = Int(offer >> 32)
            throw JobFailure(
                code: ExitCode(rawValue: Int32(truncatingIfNeeded: offer)) ?? .failed, rank: failed,
                description: failed == rank ? message : "")
        }
        return try outcome.get()
    }

    /// Runs `body` on rank 0, which opens the inputs, and gives its bytes to all; if it fails, throws on all.
    ///
    /// - Important: Collective; every rank calls it in the same order.
    public func fromRankZero(_ body: () throws -> [UInt8]) throws -> [UInt8] {
        let bytes = try together { rank == 0 ? try body() : nil }
        return broadcast(bytes, from: 0)
    }
}
