import Conversations
import Datasets
import Labeling
import StageInterface
import Storage
import Teachers

/// What a run amounts to: a report, or the failure that it ends with.
struct LabelReport {
    let task: Datasets.Task
    let selection: LabelInputs
    let result: LabelingResult
    let asksForLogprobs: Bool
    let tally: TeacherClient.Tally
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

    /// The failure of a run that stopped early. What it has is kept, and the same command goes on from there.
    var failure: StageFailure? {
        let state = "\(result.labeled + result.rejected) of \(result.distinct) inputs are done and kept"
        switch result.stop {
        case nil: return nil
        case .budget(let error)?: return StageFailure(.stopped, "\(error.description); \(state)", hint: error.hint)
        case .down(let error)?:
            return StageFailure(
                .tryLater, "the teacher gives no answers: \(error.description); \(state)",
                hint: "run the same command again when it is back")
        case .interrupted?:
            return StageFailure(.tryLater, "interrupted; \(state)", hint: "run the same command again to go on")
        }
    }

    func stageReport(labels: ContentDigest) -> StageReport {
        var report = StageReport(stage: "retort-label")
        report.inputs["task"] = task.digest.description
        report.outputs["labels"] = labels.description
        report.counts = [
            "interactions": selection.inputs.count, "other_workload": selection.otherWorkload,
            "without_input": selection.withoutInput, "distinct": result.distinct, "asked": tally.sent,
            "cached": result.kept + tally.cached, "labeled": result.labeled, "rejected": result.rejected,
            "retried": tally.retries, "asked_again": result.askedAgain, "input_tokens": tally.usage.input,
            "output_tokens": tally.usage.output, "tokens": tally.usage.total,
        ]
        report.figures = figures
        if asksForLogprobs { report.counts["with_logprobs"] = result.withLogprobs }
        var details = JSONObject()
        details["rejected"] = LabelReport.counts(result.reasons)
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
        return members.isEmpty ? nil : .object(JSONObject(members))
    }
}
