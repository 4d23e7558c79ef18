import Adapters
import ArgumentParser
import Checkpoints
import JSON
import PlainText
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

            Example: retort-train --base model.gguf --dataset dataset/train.jsonl --validation dataset/validation.jsonl \
            --recipe adapter.yaml --output adapter.gguf

            A search for the best recipe: retort-train sweep --help
            """,
        version: retortVersion)

    @OptionGroup var input: InputOptions

    @Option(help: ArgumentHelp("Examples to choose the best state by, JSON Lines.", valueName: "file"))
    var validation: String?

    @Option(
        help: ArgumentHelp("Where to write the adapter, or the model with the method full; GGUF.", valueName: "file"))
    var output: String

    @Option(help: ArgumentHelp("Also write the adapter in PEFT's form.", valueName: "folder"))
    var peft: String?

    @Option(
        help: "The type of the matrices of a model, for the method full: f32 or f16. (default: f32)",
        transform: TrainingOutput.type)
    var modelType: Checkpoint.WeightType?

    @Option(
        help: ArgumentHelp(
            "Begin from an adapter: GGUF, a PEFT folder, or the sha256:… of one in the workspace's store.",
            valueName: "adapter"))
    var initAdapter: String?

    @OptionGroup var choices: RecipeOptions

    @OptionGroup var resources: ResourceOptions

    @OptionGroup var snapshot: SnapshotOptions

    @OptionGroup var threads: ThreadOptions

    @Option(
        help: ArgumentHelp(
            "Write metrics.jsonl, loss.svg and report.html: curves, recipe and all figures.", valueName: "folder"))
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
            ],
            beside: ["--peft": peft, "--report": report, "--snapshot-dir": snapshot.snapshotDir])
        if let peft { try AtomicFile.check("\(peft)/adapter_config.json") }
        if let report { try AtomicFile.check("\(report)/report.html") }
        let snapshots = snapshot.snapshotDir ?? output + ".training"
        let kept = try resources.plan && !snapshot.resume ? nil : snapshot.kept(in: snapshots)
        func open(_ date: LocalTime?) throws -> TrainingInput {
            try TrainingInput(self.input, validation: validation, recipe: recipe, date: recipe.date ?? date ?? .today)
        }
        var input = try open(snapshot.resume ? kept?.date : nil)
        for line in input.notes { console.say(line) }
        for warning in input.warnings { console.warn(warning) }
        let initial = try initAdapter.map {
            try TrainingStart(path: TrainingOutput.path(ofAdapter: $0, options), for: input.checkpoint)
        }
        if let initial {
            for doubt in input.checkpoint.doubts(about: initial.adapter, name: initial.path) { console.warn(doubt) }
        }
        let claim = try FileLock(path: target.lockPath, purpose: output, isRemoved: true)
        defer { withExtendedLifetime(claim) {} }
        try AtomicFile.makeDirectory(snapshots)
        let lock = try FileLock(path: snapshots + "/lock", purpose: "training of \(output)")
        defer { withExtendedLifetime(lock) {} }

        let pool = threads.pool
        func makeRun() throws -> TrainingRun {
            try TrainingRun(
                checkpoint: input.checkpoint, recipe: recipe, training: input.training, validation: input.validation,
                start: initial, snapshotDirectory: snapshots, pool: pool)
        }
        var run = try makeRun()
        let goesOn = try snapshot.goesOn(run, from: kept, console)
        if !goesOn, snapshot.resume, recipe.date == nil, let date = kept?.date, date != .today {
            // What was opened for a run that this one does not go on with prints that run's date.
            input = try open(nil)
            run = try makeRun()
        }
        if initial != nil, run.freshMatrixCount > 0 {
            console.say("\(run.freshMatrixCount) matrices of the recipe's targets are not in the adapter to begin from")
        }
        let start = goesOn ? try run.resume() : 0
        if start > 0 { console.say("resumed after step \(start) of \(run.totalSteps)") }
        let secondsLeft = { resources.deadline.map { $0.seconds - begun.duration(to: .now) / .seconds(1) } }
        let plan = try resources.prepare(run, isBegun: start > 0, secondsLeft: secondsLeft, console)
        if resources.plan {
            for line in plan.lines { console.data(line) }
            var report = StageReport(stage: Train.commandName)
            report.details = ["plan": plan.json]
            return report
        }
        if resources.needsWarmUp { for line in plan.lines { console.say(line) } }

        if !goesOn { try run.dropSnapshot() }
        let log = try MetricsLog(path: (report ?? snapshots) + "/metrics.jsonl", keepingSteps: start)
        let watch = TrainingWatch(
            console: console, log: log, plan: plan,
            peakRate: PeakRate.measure(pool: pool, precision: run.precision), epochs: recipe.epochs,
            firstStep: start, expectsLoss: initial == nil && recipe.loss == .crossEntropy)
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
        try run.finish()
        var result = try watch.stageReport(input, run: run, outcome: outcome)
        result.inputs["initial_adapter"] = initial?.digest.description
        result.outputs.merge(digests) { $1 }
        if resources.needsWarmUp { result.details = ["plan": plan.json] }
        if let warning = watch.warning { console.warn(warning) }
        let facts = TrainingFacts.list(result)
        for fact in facts { console.detail("\(fact.name): \(fact.value)") }
        for line in watch.summary(of: result, run: run, outcome: outcome, output: output) { console.summary(line) }
        if let report {
            try TrainingReport(
                title: "Training of \(output)", facts: facts, recipe: run.recipe.json,
                metrics: log.lines
            ).write(to: report)
        }
        return result
    }
}
