import Adapters
import ArgumentParser
import Checkpoints
import Conversations
import StageInterface
import Storage
import Tensors
import Training

/// Dataset and base into an adapter.
struct Train: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-train",
        abstract: "Train a LoRA adapter for a GGUF base.",
        discussion: """
            Reads JSON Lines (conversations in the OpenAI fine-tune chat form, or pairs of answers for the loss dpo) \
            and learns the answers of the assistant, as the base's own chat template renders them. Flags override the \
            recipe. The same base, data and recipe give the same adapter to the bit, however often the run was killed \
            and resumed and with any number of threads.
            """,
        version: retortVersion)

    @OptionGroup var input: InputOptions

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

    @OptionGroup var resources: ResourceOptions

    @Flag(help: "Go on from the snapshot of the same run, if there is one.")
    var resume = false

    @Option(help: "Where the snapshot lies; beside the output by default.")
    var snapshotDir: String?

    @OptionGroup var threads: ThreadOptions

    @Option(help: "Write metrics.jsonl, loss.svg and report.html into this directory.")
    var report: String?

    @OptionGroup var options: StageOptions

    func perform(_ console: Console) async throws -> StageReport? {
        let begun = ContinuousClock.now
        let recipe = try choices.resolved()
        let target = TrainingOutput(path: output, peft: peft, type: modelType)
        try target.check(recipe)
        try OutputPath.check(
            output,
            reading: [
                "--base": self.input.base, "--dataset": self.input.dataset, "--validation": validation,
                "--template": self.input.template, "--recipe": choices.recipe, "--init-adapter": initAdapter,
            ])
        if let peft { try AtomicFile.check("\(peft)/adapter_config.json") }
        if let report { try AtomicFile.check("\(report)/report.html") }
        let snapshots = snapshotDir ?? output + ".training"
        let begunOn = resume ? try TrainingRun.date(ofSnapshotIn: snapshots) : nil
        let input = try TrainingInput(
            self.input, validation: validation, recipe: recipe, date: recipe.date ?? begunOn ?? .today)
        for line in input.notes { console.say(line) }
        for warning in input.warnings { console.warn(warning) }
        let initial = try initAdapter.map {
            try TrainingStart(path: TrainingOutput.path(ofAdapter: $0, options), for: input.checkpoint)
        }
        try AtomicFile.makeDirectory(snapshots)
        let lock = try FileLock(path: snapshots + "/lock", purpose: "training of \(output)")
        defer { withExtendedLifetime(lock) {} }

        let pool = threads.pool
        let run = try TrainingRun(
            checkpoint: input.checkpoint, recipe: recipe, training: input.training, validation: input.validation,
            start: initial, snapshotDirectory: snapshots, pool: pool)
        if initial != nil, run.freshMatrixCount > 0 {
            console.say("\(run.freshMatrixCount) matrices of the recipe's targets are not in the adapter to begin from")
        }
        let start = resume ? try run.resume() : 0
        if start > 0 { console.say("resumed after step \(start) of \(run.totalSteps)") }
        let secondsLeft = { resources.deadline.map { $0.seconds - begun.duration(to: .now).seconds } }
        let plan = try resources.prepare(run, isBegun: start > 0, secondsLeft: secondsLeft, console)
        if resources.plan {
            for line in plan.lines { console.data(line) }
            var report = StageReport(stage: Train.commandName)
            report.details = ["plan": plan.json]
            return report
        }
        if resources.needsWarmUp { for line in plan.lines { console.say(line) } }

        let log = try MetricsLog(path: (report ?? snapshots) + "/metrics.jsonl", keepingSteps: start)
        let watch = TrainingWatch(
            console: console, log: log, plan: plan,
            peakRate: try PeakRate.measure(pool: pool, precision: run.precision))
        let isLate = { secondsLeft().map { $0 <= 0 } ?? false }
        let outcome = try run.run(shouldStop: { Interruption.isRequested || isLate() }, onEvent: watch.note)
        try log.close()
        guard outcome.isFinished else {
            let place = "after step \(outcome.step) of \(run.totalSteps); a snapshot is kept"
            if isLate(), !Interruption.isRequested {
                throw StageFailure(
                    .stopped, "the deadline passed \(place)",
                    hint: "run the same command with --resume and more time to go on")
            }
            throw StageFailure(
                .tryLater, "interrupted \(place)", hint: "run the same command with --resume to go on")
        }

        let digests = try target.write(
            run, lineage: try input.lineage(run: run, outcome: outcome, start: initial), base: input.checkpoint)
        var result = try watch.stageReport(input, run: run, outcome: outcome)
        result.inputs["initial_adapter"] = initial?.digest.description
        result.outputs.merge(digests) { $1 }
        if resources.needsWarmUp { result.details = ["plan": plan.json] }
        for fact in TrainingFacts.list(result) { console.data("\(fact.name): \(fact.value)") }
        if let report {
            try TrainingReport(
                title: "Training of \(output)", facts: TrainingFacts.list(result), recipe: run.recipe.json,
                metrics: log.lines
            ).write(to: report)
        }
        return result
    }
}
