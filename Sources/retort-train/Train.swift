import Adapters
import ArgumentParser
import Checkpoints
import StageInterface
import Storage
import Tensors
import Training

/// Dataset and base into an adapter.
@main
struct Train: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-train",
        abstract: "Train a LoRA adapter for a GGUF base.",
        discussion: """
            Reads JSON Lines (conversations in the OpenAI fine-tune chat form, or pairs of answers for the loss dpo) and \
            learns the answers of the assistant, as the base's own chat template renders them. Flags override the recipe. The same base, data and recipe give the same \
            adapter to the bit, however often the run was killed and resumed and with any number of threads.
            """,
        version: retortVersion)

    @Option(help: "The base model, GGUF.")
    var base: String

    @Option(help: "The examples to learn from, JSON Lines.")
    var dataset: String

    @Option(help: "Examples to choose the best state by, JSON Lines.")
    var validation: String?

    @Option(help: "Where to write the adapter, or the model with the method full; GGUF.")
    var output: String

    @Option(help: "Also write the adapter as a PEFT folder.")
    var peft: String?

    @Option(
        help: "The type of the matrices of a model, for the method full: f32 (by default) or f16.",
        transform: TrainingOutput.type)
    var modelType = Checkpoint.WeightType.f32

    @Option(help: "Begin from an adapter: GGUF, a PEFT folder, or the sha256:… of one in the workspace's store.")
    var initAdapter: String?

    @OptionGroup var choices: RecipeOptions

    @Flag(help: "Go on from the snapshot of the same run, if there is one.")
    var resume = false

    @Option(help: "Where the snapshot lies; beside the output by default.")
    var snapshotDir: String?

    @Option(help: "Threads; all cores by default.")
    var threads: Int?

    @Option(help: "Write metrics.jsonl, loss.svg and report.html into this directory.")
    var report: String?

    @OptionGroup var options: StageOptions

    func validate() throws {
        if let threads, threads < 1 { throw ValidationError("--threads: \(threads), expected at least 1") }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        let recipe = try choices.resolved()
        let result = TrainingOutput(path: output, peft: peft, type: modelType)
        try result.check(recipe)
        let input = try TrainingInput(base: base, dataset: dataset, validation: validation, recipe: recipe)
        for line in input.notes { console.say(line) }
        let start = try initAdapter.map { try TrainingStart(path: path(ofAdapter: $0), for: input.checkpoint) }
        let snapshots = snapshotDir ?? output + ".training"
        try AtomicFile.makeDirectory(snapshots)
        let lock = try FileLock(path: snapshots + "/lock", purpose: "training of \(output)")
        defer { withExtendedLifetime(lock) {} }

        let run = try TrainingRun(
            checkpoint: input.checkpoint, recipe: recipe, training: input.training, validation: input.validation,
            start: start, snapshotDirectory: snapshots, pool: threads.map { .init(threads: $0) } ?? .shared)
        if start != nil, run.freshMatrixCount > 0 {
            console.say("\(run.freshMatrixCount) matrices of the recipe's targets are not in the adapter to begin from")
        }
        let done = resume ? try run.resume() : 0
        if done > 0 { console.say("resumed after step \(done) of \(run.totalSteps)") }
        let log = try MetricsLog(path: (report ?? snapshots) + "/metrics.jsonl", keepingSteps: done)
        let watch = TrainingWatch(console: console, log: log, totalSteps: run.totalSteps)
        let outcome = try run.run(shouldStop: { Interruption.isRequested }, onEvent: watch.note)
        try log.close()
        guard outcome.isFinished else {
            throw StageFailure(
                .tryLater, "interrupted after step \(outcome.step) of \(run.totalSteps); a snapshot is kept",
                hint: "run the same command with --resume to go on")
        }

        let digests = try result.write(
            run, lineage: try input.lineage(recipe: recipe, run: run, outcome: outcome, start: start),
            base: input.checkpoint)
        var report = try watch.stageReport(input, run: run, outcome: outcome)
        report.inputs["initial_adapter"] = start?.digest.description
        report.outputs.merge(digests) { $1 }
        for fact in TrainingFacts.list(report) { console.data("\(fact.name): \(fact.value)") }
        if let folder = self.report {
            try TrainingReport(
                title: "Training of \(output)", facts: TrainingFacts.list(report), recipe: recipe.json,
                metrics: log.lines
            ).write(to: folder)
        }
        return report
    }

    /// Where an adapter lies that is named by its path, or by its digest in the workspace's content store.
    private func path(ofAdapter name: String) throws -> String {
        guard let digest = ContentDigest(name) else { return name }
        let store = try options.openWorkspace().store
        guard store.contains(digest) else {
            throw StageFailure(
                .badInput, "--init-adapter: \(digest): not in \(store.path), expected an adapter of this workspace",
                hint: "give its path, or the --workspace that it is in")
        }
        return try store.verifiedPath(of: digest)
    }
}
