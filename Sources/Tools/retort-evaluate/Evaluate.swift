import ArgumentParser
import Evaluation
import JSON
import PlainText
import StageInterface
import Storage
import Tasks

/// An artifact on a held-out split: how good it is, how sure that is, and whether it may be promoted.
@main
struct Evaluate: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-evaluate",
        abstract: "Evaluate a base, a base with an adapter, or a merged model on a held-out split.",
        discussion: """
            Writes report.json, predictions.jsonl (an answer a row) and report.html. The artifact answers along the path \
            that serves. With an adapter, or a merged model and --base, the base is evaluated too, and with training rows \
            a linear baseline, for comparison.

            Example: retort-evaluate --task task.yaml --split dataset/test.jsonl --base base.gguf --adapter adapter.gguf \
            --output evaluation
            """,
        version: retortVersion)

    @Option(help: ArgumentHelp("The task, a task.yaml.", valueName: "file"))
    var task: String

    @Option(help: ArgumentHelp("The split to evaluate on, JSON Lines.", valueName: "file"))
    var split: String

    @Option(
        help: ArgumentHelp(
            "Training rows for the linear baseline; by default train.jsonl of the split's dataset version.",
            valueName: "file"))
    var train: String?

    @Option(
        help: ArgumentHelp(
            "The base model: evaluated, with --adapter beside it; with --model what that is compared with.",
            valueName: "file"))
    var base: String?

    @Option(help: ArgumentHelp("An adapter for the base.", valueName: "file"))
    var adapter: String?

    @Option(
        help: ArgumentHelp(
            "A model that an adapter was merged into, evaluated in place of base and adapter.", valueName: "file"))
    var model: String?

    @Option(help: "In place of the model's own: a built-in chat template's name, or a Jinja file.")
    var template: String?

    @Option(help: "What a chat template that prints the date is told; today by default.", transform: LocalTime.typed)
    var date: LocalTime?

    @Option(help: ArgumentHelp("The folder to write.", valueName: "folder"))
    var output: String

    @Option(help: "What the report calls the artifact; by default its kind.")
    var name: String?

    @Option(help: "Seeds the resampling behind intervals and the order of the baseline's training.")
    var seed: UInt64 = 1

    @Flag(help: "Train no linear baseline.")
    var noBaseline = false

    @Flag(help: "Do not evaluate the base beside the adapter or the merged model.")
    var noBase = false

    @Flag(help: "End with status 3 when the task's gate does not pass.")
    var requirePass = false

    @OptionGroup var options: StageOptions

    /// Whether two systems answer: the artifact, and its base beside it.
    private var comparesBase: Bool { !noBase && base != nil && (adapter != nil || model != nil) }

    func validate() throws {
        if base == nil && model == nil { throw ValidationError("expected --base or --model") }
        if adapter != nil && base == nil { throw ValidationError("--adapter needs --base") }
        if adapter != nil && model != nil { throw ValidationError("--adapter and --model exclude each other") }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        for file in ["report.json", "predictions.jsonl", "report.html"] {
            try OutputPath.check(
                "\(output)/\(file)",
                reading: [
                    "--task": task, "--split": split, "--train": train, "--base": base, "--adapter": adapter,
                    "--model": model, "--template": template,
                ])
        }
        var plan = EvaluationPlan(
            task: try TaskDefinition(path: task), split: split, date: date ?? .today)
        plan.training = train
        plan.base = base
        plan.adapter = adapter
        plan.model = model
        plan.template = template
        plan.name = name
        plan.seed = seed
        plan.comparesBase = !noBase
        plan.comparesBaseline = !noBaseline
        let evaluation = try await plan.report { moment in
            try Interruption.check()
            console.progress(
                "\(moment.system): \(moment.done) of \(moment.count), \(Int(moment.rate)) a second, "
                    + "\(Int(moment.secondsLeft.rounded(.up))) s left", isLast: moment.done == moment.count)
        }
        for warning in evaluation.warnings { console.warn(warning) }
        let digest = try evaluation.write(to: output)
        console.summary(evaluation.table)
        console.say("report \(digest) in \(output)")

        var report = StageReport(stage: Self.commandName)
        report.inputs = ["task": evaluation.task.digest.description, "split": evaluation.split.description]
        report.inputs["artifact"] = evaluation.subject.digest.description
        report.inputs["dataset"] = evaluation.dataset?.description
        report.inputs["date"] = evaluation.date?.description
        report.outputs["report"] = digest.description
        report.counts = ["rows": evaluation.examples.count, "passed": evaluation.passed ? 1 : 0]
        report.counts["invalid_answers"] = evaluation.result.invalidCount
        report.counts["not_a_number_answers"] = evaluation.result.notANumberCount
        report.counts["too_long_prompts"] = evaluation.result.tooLongCount
        report.counts["repaired_answers"] = evaluation.result.repairedCount
        for system in evaluation.systems {
            for (name, estimate) in [("accuracy", system.accuracy), ("agreement", system.agreement)] {
                let figure = "\(system.kind.rawValue)_\(name)"
                report.figures[figure] = estimate.value
                report.figures["\(figure)_low"] = estimate.lower
                report.figures["\(figure)_high"] = estimate.upper
            }
        }
        report.details = [
            "passed": .bool(evaluation.passed), "checks": .array(evaluation.checks.map(\.json)),
        ]
        if requirePass, !evaluation.passed {
            let failed = evaluation.checks.filter { !$0.passed }.map(\.words)
            throw StageFailure(
                .refused, "gate of task \(evaluation.task.name): not passed: \(failed.joined(separator: "; "))",
                hint: "look at \(output)/report.html")
        }
        return report
    }
}
