import ArgumentParser
import StageInterface
import Tensors

/// What is read, by a run as by a sweep.
struct InputOptions: ParsableArguments {
    @Option(help: "The base model, GGUF.")
    var base: String

    @Option(help: "In place of the base's own: a built-in chat template's name, or a Jinja file.")
    var template: String?

    @Option(help: "The examples to learn from, JSON Lines.")
    var dataset: String
}

extension ThreadOptions {
    /// The threads that were asked for.
    var pool: ThreadPool { threads.map { ThreadPool(threads: $0) } ?? .shared }
}
