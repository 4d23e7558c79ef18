import Adapters
import Checkpoints
import Foundation
import JSON
import PlainText
import StageInterface
import Storage
import Tensors
import Training

/// Watches a run: the live line, the metrics file, and what the report says in the end.
final class TrainingWatch {
    private let console: Console
    private let log: MetricsLog
    private let plan: RunPlan
    private let start = ContinuousClock.now
    private var examples = 0
    private var exampleTokens = 0
    private var computedTokens = 0
    private var stepSeconds = 0.0
    private var flops = 0.0
    /// Floating-point operations a second that the machine can do at most.
    private let peakRate: Double
    private var smoothedLoss: Double?
    private var firstLoss: Double?
    private var lastLoss: Double?
    /// Whether a first loss near nothing is worth a warning: what the base itself says of the answers.
    private let expectsLoss: Bool
    private var lastRewards: PreferenceRewards?
    private var best: (step: Int, loss: Double, agreement: Double)?
    private let epochs: Int
    private let firstStep: Int

    /// - Parameters:
    ///   - log: with the lines of the steps before, where the run goes on.
    ///   - expectsLoss: whether the first step's loss tells what the base says without having learned.
    init(
        console: Console, log: MetricsLog, plan: RunPlan, peakRate: Double, epochs: Int, firstStep: Int,
        expectsLoss: Bool
    ) {
        self.console = console
        self.log = log
        self.plan = plan
        self.peakRate = peakRate
        self.epochs = epochs
        self.firstStep = firstStep
        self.expectsLoss = expectsLoss
        lastLoss = log.lines.last { $0["kind"]?.stringValue == "step" }?["loss"]?.doubleValue
        smoothedLoss = lastLoss
        firstLoss = log.lines.first { $0["kind"]?.stringValue == "step" }?["loss"]?.doubleValue
        if let line = log.lines.last(where: { $0["best"]?.boolValue == true }), let step = line["step"]?.integerValue,
            let loss = line["loss"]?.doubleValue, let agreement = line["agreement"]?.doubleValue
        {
            best = (step, loss, agreement)
        }
    }

    /// Below this mean loss of a token, nats, a model that has not learned says the answers already.
    private static let suspiciousLoss = 0.01

    func note(_ event: TrainingRun.Event) throws {
        switch event {
        case .step(let record):
            try log.append(record.json)
            examples += record.examples
            exampleTokens += record.exampleTokens
            computedTokens += record.computedTokens
            stepSeconds += record.seconds
            flops += record.flops
            if record.step == 1, expectsLoss, record.loss < TrainingWatch.suspiciousLoss {
                console.warn(
                    String(
                        format:
                            "step 1: loss %.2g before anything was learned, expected more: the base says these answers "
                            + "already, or the template leaves next to nothing of them (retort-inspect template shows it)",
                        record.loss))
            }
            lastLoss = record.loss
            firstLoss = firstLoss ?? record.loss
            lastRewards = record.rewards ?? lastRewards
            smoothedLoss = smoothedLoss.map { $0 * 0.9 + record.loss * 0.1 } ?? record.loss
            console.progress(line(record), isLast: record.step == record.totalSteps)
        case .validated(let record):
            try log.append(record.json)
            if record.isBest { best = (record.step, record.loss, record.agreement) }
            console.say(
                String(
                    format: "step %d: validation loss %.4f, %.1f %% %@%@", record.step, record.loss,
                    record.agreement * 100, record.rewards == nil ? "answered exactly" : "preferred rightly",
                    record.isBest ? " (best)" : ""))
        case .rolledBack(let from, let to, let factor):
            console.warn("step \(from): loss or gradient not finite; back to step \(to), learning rate times \(factor)")
        case .snapshot(let step): console.detail("snapshot of step \(step)")
        case .stoppedEarly(let step, let validations):
            console.say("step \(step): stopped early, \(validations) validations in a row were no better")
        }
    }

    /// What a narrow window leaves out stands last.
    private func line(_ record: StepRecord) -> String {
        let elapsed = start.duration(to: .now) / .seconds(1)
        let left = plan.secondsLeft(tokens: computedTokens, elapsed: elapsed)
        return String(
            format: "step %d/%d  epoch %d/%d  %@ left  loss %.4f  %.1f examples/s  %.0f tokens/s",
            record.step, record.totalSteps, record.epoch + 1, epochs, RunPlan.time(left), smoothedLoss ?? record.loss,
            Double(examples) / elapsed, Double(exampleTokens) / elapsed)
    }

    /// That a run has made the model worse at its own rows; nil where it has not.
    var warning: String? {
        guard let firstLoss, let smoothedLoss, smoothedLoss > firstLoss else { return nil }
        return String(
            format:
                "the loss did not fall: %.4f at the first step, about %.4f at the last, expected less; lower learning_rate "
                + "or alpha", firstLoss, smoothedLoss)
    }

    /// What matters of a finished run, for people; the rest is in the report.
    func summary(
        of report: StageReport, run: TrainingRun, outcome: TrainingRun.Outcome, output: String
    ) -> [String] {
        let begun = firstStep > 0 ? ", \(outcome.step - firstStep) of them now" : ""
        let early = outcome.hasStoppedEarly ? ", stopped early" : ""
        let back = outcome.rollbacks > 0 ? ", \(outcome.rollbacks) roll-backs" : ""
        let loss = lastLoss.map { String(format: ", loss %.4f", $0) } ?? ""
        let steps =
            "trained: \(outcome.step) steps\(begun) in \(RunPlan.time(outcome.time.seconds))\(loss)\(early)\(back)"
        let validation =
            best.map { best in
                String(
                    format: "validation: %.1f %% %@, loss %.4f after step %d", best.agreement * 100,
                    report.figures["reward_accuracy"] == nil ? "answered exactly" : "preferred rightly", best.loss,
                    best.step) + (run.recipe.keepsBest ? ", which is kept" : "; the last step is kept")
            } ?? "validation: none, the last step is kept"
        let digest = report.outputs["adapter"] ?? report.outputs["model"] ?? ""
        return [steps, validation, "\(output): \(digest)"]
    }

    /// The part of the machine's peak that the steps reached.
    private var peakShare: Double { stepSeconds > 0 ? flops / stepSeconds / peakRate : 0 }

    /// The stage's report of a finished run.
    func stageReport(
        _ input: TrainingInput, run: TrainingRun, outcome: TrainingRun.Outcome
    ) throws -> StageReport {
        var report = StageReport(stage: Train.commandName)
        report.inputs = [
            "base": try input.checkpoint.digest().description, "dataset": input.training.digest.description,
            "recipe": run.recipe.digest.description,
        ]
        report.inputs["date"] = input.training.date?.description
        report.inputs["validation"] = input.validation?.digest.description
        report.outputs = [
            "precision": run.precision.rawValue, "instruction_set": run.precision.instructionSet,
        ]
        report.counts = [
            "steps": outcome.step, "conversations": input.training.lineCount, "examples": input.training.exampleCount,
            "masked": input.training.maskedCount, "too_long": input.training.tooLongCount,
            "unencodable": input.training.unencodableCount, "without_tools": input.training.toollessCount,
            "without_names": input.training.namelessCount,
            "parted_answers": input.training.partedAnswerCount, "truncated": input.training.truncatedCount,
            "answer_tokens": input.training.answerTokenCount,
            "taught_tokens": input.training.taughtTokenCount, "teacher_tokens": input.training.teacherPlaceCount,
            "unmapped_alternatives": input.training.unmappedAlternativeCount,
            "parameters": run.parameterCount, "rollbacks": outcome.rollbacks,
            "activation_bytes": run.activationByteCount, "recomputed_layers": run.recomputedLayers,
            "stopped_early": outcome.hasStoppedEarly ? 1 : 0,
        ]
        report.counts["best_step"] = outcome.bestStep
        report.figures = ["run_seconds": outcome.time.seconds, "run_cpu_seconds": outcome.time.cpuSeconds]
        report.figures["loss"] = lastLoss
        if let planned = plan.time {
            report.figures["planned_seconds"] = planned.seconds
            report.figures["planned_cpu_seconds"] = planned.cpuSeconds
            console.say(
                "time: \(RunPlan.time(outcome.time.seconds)), planned \(RunPlan.time(planned.seconds))")
        }
        report.figures["taught_share"] = input.training.taughtShare
        if stepSeconds > 0 {
            report.figures["examples_per_second"] = Double(examples) / stepSeconds
            report.figures["tokens_per_second"] = Double(exampleTokens) / stepSeconds
            report.figures["flops_per_second"] = flops / stepSeconds
            report.figures["peak_flops_per_second"] = peakRate
            report.figures["peak_share"] = peakShare
            report.figures["computed_tokens_per_second"] = Double(computedTokens) / stepSeconds
        }
        if let lastRewards {
            report.figures["reward_margin"] = lastRewards.margin
            report.figures["reward_accuracy"] = lastRewards.accuracy
        }
        if let best {
            report.figures["validation_loss"] = best.loss
            report.figures["validation_agreement"] = best.agreement
        }
        return report
    }
}

/// A report's content as names and values for people.
enum TrainingFacts {
    static func list(_ report: StageReport) -> [(name: String, value: String)] {
        report.outputs.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
            + report.inputs.sorted { $0.key < $1.key }.map { (name: $0.key, value: $0.value) }
            + report.counts.sorted { $0.key < $1.key }.map { (name: $0.key, value: "\($0.value)") }
            + report.figures.sorted { $0.key < $1.key }.map { (name: $0.key, value: String(format: "%.6g", $0.value)) }
    }
}
