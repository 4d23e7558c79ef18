import ArgumentParser
import StageInterface
import Tensors

/// What is read, by a run as by a sweep.
struct InputOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The base model, GGUF.", valueName: "file"))
    var base: String

    @Option(
        help: ArgumentHelp(
            "In place of the base's own: a built-in chat template's name, or a Jinja file.", valueName: "template"))
    var template: String?

    @Option(help: ArgumentHelp("The examples to learn from, JSON Lines.", valueName: "file"))
    var dataset: String
}

extension ThreadOptions {
    /// The threads that were asked for.
    var pool: ThreadPool { threads.map { ThreadPool(threads: $0) } ?? .shared }
}
