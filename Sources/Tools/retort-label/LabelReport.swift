import Conversations
import Dialects
import JSON
import Labeling
import StageInterface
import Storage
import Tasks
import Teachers

/// What a run amounts to: a report, or the failure that it ends with.
struct LabelReport {
    let task: TaskDefinition
    /// The tag that was asked for; nil for all.
    let workload: String?
    /// The model that was asked.
    let model: String
    let selection: LabelInputs
    let result: LabelingResult
    let asksForLogprobs: Bool
    let tally: TeacherClient.Tally
    /// How requests differ from what is asked by default.
    let adaptations: [String]
    let budget: USD
    let spentBefore: USD
    let spent: USD

    var summary: String {
        """
        \(result.labeled) labeled, \(result.rejected) rejected of \(result.distinct) distinct inputs in \
        \(selection.inputs.count) interactions; \(tally.sent) requests, \(result.kept + tally.cached) answers known, \
        \(tally.retries) retries; \(tally.spent) spent, \(spent) of \(budget) in all
        """
    }

    /// Why labels have no log-probabilities although they were asked for; nil when all have them.
    var lackOfLogprobs: String? {
        guard asksForLogprobs, result.withLogprobs < result.labeled else { return nil }
        let reasons = result.withoutLogprobs.sorted { $0.key.rawValue < $1.key.rawValue }.map { kind, count in
            switch kind {
            case .missing: "\(count) answers came without any"
            case .malformed: "those of \(count) are no log-probabilities"
            case .otherText: "those of \(count) spell another text than the label"
            case .truncated: "\(count) answers were cut off"
            }
        }
        return "\(result.labeled - result.withLogprobs) of \(result.labeled) labels have no log-probabilities: "
            + reasons.joined(separator: ", ")
    }

    func stageReport(labels: ContentDigest) -> StageReport {
        var report = StageReport(stage: "retort-label")
        report.inputs["task"] = task.digest.description
        report.outputs["labels"] = labels.description
        report.counts = [
            "interactions": selection.inputs.count, "other_workload": selection.otherWorkload,
            "without_input": selection.withoutInput, "with_other_parts": selection.withOtherParts,
            "with_more_messages": selection.withMoreMessages, "distinct": result.distinct, "asked": tally.sent,
            "cached": result.kept + tally.cached, "labeled": result.labeled, "rejected": result.rejected,
            "retried": tally.retries, "asked_again": result.askedAgain, "input_tokens": tally.usage.input,
            "output_tokens": tally.usage.output, "tokens": tally.usage.total,
            "usage_refused": tally.usageDoubts.values.reduce(0, +),
        ]
        report.figures = figures
        if asksForLogprobs { report.counts["with_logprobs"] = result.withLogprobs }
        var details = JSONObject()
        details["rejected"] = LabelReport.counts(result.reasons)
        details["other_parts"] = LabelReport.counts(selection.otherParts)
        details["usage_refused"] = LabelReport.counts(tally.usageDoubts)
        details["models"] = LabelReport.counts(tally.models)
        if !adaptations.isEmpty { details["adaptations"] = .array(adaptations.map(JSONValue.string)) }
        if asksForLogprobs {
            let kinds = result.withoutLogprobs.map { ($0.key.rawValue, $0.value) }
            details["without_logprobs"] = LabelReport.counts(Dictionary(uniqueKeysWithValues: kinds))
        }
        if !details.isEmpty { report.details = .object(details) }
        return report
    }

    /// The money, which a run that stopped early has spent, too.
    var figures: [String: Double] {
        [
            "spent_usd": tally.spent.dollars, "spent_in_all_usd": spent.dollars, "budget_usd": budget.dollars,
            "ambiguous_usd": (spent - spentBefore - tally.spent).dollars,
        ]
    }

    private static func counts(_ counts: [String: Int]) -> JSONValue? {
        let members = counts.sorted { $0.key < $1.key }.map { (key: $0.key, value: JSONValue.integer($0.value)) }
        guard !members.isEmpty else { return Optional.none }
        return .object(JSONObject(members))
    }
}
