import ArgumentParser
import Foundation
import Glibc
import StageInterface

/// Runs pipelines, and stands before the stages: `retort train …` is `retort-train …`.
struct Retort: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort",
        abstract: "Turn the logs of an expensive model into an adapter for the model you serve.",
        discussion: "`retort <stage> …` runs `retort-<stage> …`: pull, label, curate, train, quantize, evaluate, "
            + "registry, serve, inspect, replay. `retort schema <kind>` prints the JSON Schema of task, adapter, sweep, "
            + "pipeline or report.",
        version: retortVersion,
        subcommands: [Run.self, Plan.self, Status.self, Explain.self])

    /// The folder of this executable, in which the stages' executables lie too.
    static var executables: String {
        let path = Bundle.main.executablePath ?? CommandLine.arguments[0]
        return (path as NSString).deletingLastPathComponent
    }
}

@main
enum EntryPoint {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let stage = arguments.first { becomeStage(stage, Array(arguments.dropFirst())) }
        if arguments.first == "schema" { becomeStage("inspect", arguments) }
        await Retort.main(arguments)
    }

    /// Replaces this process by `retort-<stage>`; returns if there is none, so that the parser names the mistake.
    private static func becomeStage(_ stage: String, _ arguments: [String]) {
        let program = "\(Retort.executables)/retort-\(stage)"
        guard !stage.contains("/"), FileManager.default.isExecutableFile(atPath: program) else { return }
        var pointers = ([program] + arguments).map { strdup($0) }
        pointers.append(nil)
        execv(program, &pointers)
    }
}
