/// The world's mistakes with files: what was being done, to which file, what was found, what to do.
public struct StorageError: Error, CustomStringConvertible, Sendable, Equatable {
    /// What kind of mistake; it decides the program's exit code.
    public enum Kind: Sendable {
        /// The input does not exist or may not be read.
        case noInput
        /// The input is there, but it is not what it should be.
        case badData
        /// The output can't be created: it exists already, or its folder may not be written.
        case cannotCreate
        /// Reading or writing failed half-way: disk full, quota, device.
        case inputOutput
    }

    public let kind: Kind
    /// One line, without the program's name before it.
    public let message: String

    public init(_ kind: Kind, _ message: String) {
        self.kind = kind
        self.message = message
    }

    public var description: String { message }

    /// The exit code of sysexits.h: 66, 65, 73, 74.
    public var exitCode: Int32 {
        switch kind {
        case .noInput: 66
        case .badData: 65
        case .cannotCreate: 73
        case .inputOutput: 74
        }
    }
}
