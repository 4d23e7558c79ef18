import ArgumentParser
import Foundation
import Glibc
import PlainText
import StageInterface
import Storage

/// Runs pipelines, and stands before the stages: `retort train …` is `retort-train …`.
struct Retort: RootCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort",
        abstract: "Turn the logs of an expensive model into an adapter for the model you serve.",
        discussion: """
            Runs a pipeline, or one stage: `retort train …` is `retort-train …`.

            \(stageList)

            Example: retort run Pipelines/support-intent.yaml
            """,
        version: retortVersion,
        subcommands: [Run.self, Plan.self, Status.self, Explain.self])

    /// The folder of this executable, in which the stages' executables lie too.
    static var executables: String {
        let path = Bundle.main.executablePath ?? CommandLine.arguments[0]
        return PathName.folder(of: path)
    }

    /// Every stage, in the order of the line, and what it does.
    static let stages: KeyValuePairs = [
        "pull": "logs into interactions",
        "label": "interactions into labeled examples, through a teacher API",
        "curate": "labeled examples into a dataset version",
        "train": "a dataset version and a base into an adapter",
        "train sweep": "a search for the best recipe",
        "quantize": "a GGUF of another type, an adapter merged if asked",
        "evaluate": "an artifact on a held-out split into a report",
        "registry": "versions, aliases and their history",
        "serve": "an OpenAI-compatible server",
        "serve key": "a key for a client of the server, and its digest",
        "inspect": "a look inside models, adapters, templates",
        "schema": "the JSON Schema of task, adapter, sweep, pipeline, clients or report",
        "replay": "a teacher to rehearse with",
    ]

    private static var stageList: String {
        let width = stages.map { $0.key.count }.max() ?? 0
        return "STAGES:\n"
            + stages.map { name, words in
                "  \(name)\(String(repeating: " ", count: width - name.count))  \(words)"
            }.joined(separator: "\n")
    }
}

@main
enum EntryPoint {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        if let word = arguments.first, !word.hasPrefix("-") {
            becomeStage(word, Array(arguments.dropFirst()))
            // What a version was made of is the registry's to say; why a stage would run, the pipeline's.
            if word == "explain", arguments.count > 1, isArtifact(arguments[1]) { becomeStage("registry", arguments) }
            if word == "schema" { becomeStage("inspect", arguments) }
            refuseUnknown(word)
        }
        await Retort.main(arguments)
    }

    /// Whether a word names a version or an artifact's file, and not a pipeline's file.
    private static func isArtifact(_ word: String) -> Bool {
        if word.hasPrefix("-") || word.hasSuffix(".yaml") || word.hasSuffix(".yml") { return false }
        var isFolder: ObjCBool = false
        let isThere = FileManager.default.fileExists(atPath: word, isDirectory: &isFolder)
        return word.hasSuffix(".gguf") || !isThere || isFolder.boolValue
    }

    /// Replaces this process by `retort-<stage>`; returns if there is none.
    private static func becomeStage(_ stage: String, _ arguments: [String]) {
        let program = "\(Retort.executables)/retort-\(stage)"
        guard !stage.contains("/"), FileManager.default.isExecutableFile(atPath: program) else { return }
        var pointers = ([program] + arguments).map { strdup($0) }
        pointers.append(nil)
        execv(program, &pointers)
    }

    /// Ends with 64 where a word is neither a command nor a stage.
    private static func refuseUnknown(_ word: String) {
        let commands = Retort.configuration.subcommands.compactMap { $0.configuration.commandName } + ["help"]
        guard !commands.contains(word) else { return }
        let known = commands + Retort.stages.map { $0.key }
        let guess = Spelling.nearest(to: word, among: known).map { "did you mean 'retort \($0)'?" }
        Console().fail(
            StageFailure(
                .usage, "'\(word.prefix(40))': unknown, expected one of \(known.joined(separator: ", "))",
                hint: guess ?? "retort --help"))
        exit(ExitStatus.usage.rawValue)
    }
}
