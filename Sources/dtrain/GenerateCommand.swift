import ArgumentParser
import Distributed
import Glibc
import Training

/// `dtrain generate`: goes on with a text.
struct GenerateCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Go on with a text, byte by byte, as a network says that was trained on one (data.text).",
        discussion:
            "Prints the prompt and what follows. The same checkpoint, prompt and seed give the same text everywhere.")

    @Argument(
        help: ArgumentHelp("A run's folder, of which the last checkpoint is taken, or a checkpoint.", valueName: "RUN"))
    var path: String

    @Option(help: ArgumentHelp("What the text begins with.", valueName: "TEXT"))
    var prompt: String

    @Option(help: ArgumentHelp("Bytes to add.", valueName: "N"))
    var length = 256

    @Option(help: ArgumentHelp("0 takes the likeliest byte; the larger, the more chance has a say.", valueName: "X"))
    var temperature = 1.0

    @Option(help: ArgumentHelp("Choose among the K likeliest bytes only.", valueName: "K"))
    var topK = 256

    @Option(help: ArgumentHelp("Seed of the choices.", valueName: "N"))
    var seed: UInt64 = 1

    func validate() throws {
        if prompt.isEmpty { throw ValidationError("--prompt is empty; give at least one letter to go on from") }
        if length < 1 { throw ValidationError("--length \(length): at least 1") }
        guard temperature >= 0, temperature.isFinite else {
            throw ValidationError("--temperature \(temperature): a number of at least 0")
        }
        guard (1...256).contains(topK) else { throw ValidationError("--top-k \(topK): from 1 to 256 bytes") }
    }

    func run(in job: Job) throws {
        let request = GenerateRequest(
            path: path, prompt: Array(prompt.utf8), length: length,
            choice: ByteChoice(temperature: temperature, topK: topK, seed: seed))
        try Generation.run(
            request, communicator: job.communicator, note: { StandardError.write($0 + "\n") },
            write: StandardOutput.write)
        if StandardOutput.isTerminal { try StandardOutput.write([UInt8(ascii: "\n")]) }
    }
}

/// Standard output for bytes as they are, each seen as soon as it is written.
enum StandardOutput {
    static func write(_ bytes: [UInt8]) throws {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(STDOUT_FILENO, $0.baseAddress, $0.count) }
            if count < 0 {
                guard errno == EINTR else {
                    throw RunFailure(.inputOutput, "writing to standard output: \(String(cString: strerror(errno)))")
                }
            } else {
                rest = rest.dropFirst(count)
            }
        }
    }

    /// A launcher gives its ranks something that looks like one.
    static var isTerminal: Bool { isatty(STDOUT_FILENO) == 1 && !MPIEnvironment.isLaunched }
}
