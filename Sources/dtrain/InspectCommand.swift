import ArgumentParser
import Foundation
import Training

/// `dtrain inspect`: prints a network as a graph, or what a run or checkpoint holds.
struct InspectCommand: JobCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Print the network as a graph, as text, DOT or SVG; or what a run or checkpoint holds.",
        discussion: """
            dtrain inspect --graph       the network of the configuration: layers, shapes, parameters, gradients
            dtrain inspect               the same: there is nothing else to say of a configuration
            dtrain inspect PATH          what a run, its run.h5 or a checkpoint holds, and its network
            dtrain inspect PATH --graph  its network alone

            Nothing is trained, and nothing written but the files of --dot and --svg.
            """)

    @Argument(
        help: ArgumentHelp(
            "A run's folder, its run.h5, or a checkpoint (default: the configuration of the flags below).",
            valueName: "PATH"))
    var path: String?

    @Flag(help: "Print the graph of the network alone.")
    var graph = false

    @Option(help: ArgumentHelp("Write the graph for Graphviz to FILE.", valueName: "FILE.dot"))
    var dot: String?

    @Option(help: ArgumentHelp("Draw the graph into FILE.", valueName: "FILE.svg"))
    var svg: String?

    @OptionGroup var options: ConfigurationOptions

    func validate() throws {
        for (flag, file) in [("--dot", dot), ("--svg", svg)] where file?.isEmpty ?? false {
            throw ValidationError("\(flag) needs the name of a file")
        }
        if let dot, let svg, URL(fileURLWithPath: dot).standardized == URL(fileURLWithPath: svg).standardized {
            throw ValidationError("--dot and --svg both write \(dot); name two files")
        }
    }

    func run(in job: Job) throws {
        try job.communicator.together(checkPath)
        let subject: InspectRequest.Subject =
            path.map { .stored(path: $0, data: options.data) }
            ?? .configuration(file: options.config, overrides: options.overrides)
        let request = InspectRequest(subject, isGraphAlone: graph, dot: dot, svg: svg)
        try Inspection.run(request, communicator: job.communicator) { print($0) }
    }

    /// Not in `validate`, which comes before the parser's own refusal of an unknown option, whose value would be taken for a path.
    private func checkPath() throws {
        guard let path, options.config != nil || options.overrides.count > (options.data == nil ? 0 : 1) else { return }
        throw ConfigurationError(
            message: "\(path) has its own configuration; of the configuration's flags only --data PATH goes with it")
    }
}
