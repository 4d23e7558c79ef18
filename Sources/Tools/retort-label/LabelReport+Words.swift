import Interactions
import Labeling
import StageInterface
import Tasks
import Teachers

/// What is said to people.
extension LabelReport {
    /// What must not be overlooked.
    var warnings: [String] {
        var warnings = [workload == nil ? Interaction.warning(ofTags: selection.tags) : nil].compactMap { $0 }
        if selection.withOtherParts > 0 {
            warnings.append(
                "\(selection.withOtherParts) interactions left out: their input holds more than text "
                    + "(\(LabelReport.list(selection.otherParts))), which the student would not see")
        }
        for (reason, count) in result.reasons.sorted(by: { $0.key < $1.key }) {
            let words = result.examples.first { $0.isRefusal && $0.reason == reason }?.said
            warnings.append("\(count) rejected: \(reason)" + (words.map { " (\"\($0)\")" } ?? ""))
        }
        for (doubt, count) in tally.usageDoubts.sorted(by: { $0.key < $1.key }) {
            warnings.append(
                "\(count) answers booked at the most they can cost, since what the teacher says of their tokens cannot "
                    + "be (\(doubt)); 'retort-label ledger settle' sets that right")
        }
        for (model, count) in tally.models.sorted(by: { $0.key < $1.key }) where !isAskedFor(model) {
            warnings.append("\(count) answers are of the model '\(model)', and '\(self.model)' was asked")
        }
        if let lack = lackOfLogprobs { warnings.append(lack) }
        return warnings
    }

    /// Whether a model's name is what was asked for, or that with a date, a provider or a place around it.
    private func isAskedFor(_ name: String) -> Bool {
        let (asked, name) = (model.lowercased(), name.lowercased())
        return name.contains(asked) || asked.contains(name)
    }

    /// What is good to know.
    var notes: [String] {
        var notes: [String] = []
        if !adaptations.isEmpty { notes.append("the model is asked with \(adaptations.joined(separator: ", "))") }
        if selection.withMoreMessages > 0 {
            notes.append(
                "of \(selection.withMoreMessages) conversations with several user messages only one is labeled "
                    + "(input: \(task.input.rawValue))")
        }
        return notes
    }

    /// Refuses a selection in which there is nothing to label.
    static func check(_ selection: LabelInputs, _ task: TaskDefinition, workload: String?) throws {
        guard selection.inputs.isEmpty else { return }
        if let workload, selection.otherWorkload > 0, selection.withoutInput + selection.withOtherParts == 0 {
            throw StageFailure(
                .badInput,
                "--workload: no interaction of workload '\(workload)', \(selection.otherWorkload) of others",
                hint: "check the spelling, or leave --workload out")
        }
        var passedOver: [String] = []
        if selection.otherWorkload > 0 { passedOver.append("\(selection.otherWorkload) of another workload") }
        if selection.withOtherParts > 0 {
            passedOver.append("\(selection.withOtherParts) with more than text: \(list(selection.otherParts))")
        }
        if selection.withoutInput > 0 { passedOver.append("\(selection.withoutInput) without text") }
        let found = passedOver.isEmpty ? "" : " (\(passedOver.joined(separator: ", ")))"
        throw StageFailure(
            .badInput, "nothing to label: no interaction with a text for task \(task.name)\(found)",
            hint: "run retort-pull first, or give --input or --workload")
    }

    private static func list(_ counts: [String: Int]) -> String {
        counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    /// The failure of a run that stopped early or has no label. What it has is kept, and the same command goes on from
    /// there.
    var failure: StageFailure? {
        let state = "\(result.labeled + result.rejected) of \(result.distinct) inputs are done and kept"
        switch result.stop {
        case nil: return result.labeled == 0 ? withoutLabel : nil
        case .budget(let error)?: return StageFailure(.stopped, "\(error.description); \(state)", hint: error.hint)
        case .payment(let error)?: return StageFailure(.tryLater, "\(error.description); \(state)", hint: error.hint)
        case .down(let error)?:
            return StageFailure(
                .tryLater, "the teacher gives no answers: \(error.description); \(state)",
                hint: "run the same command again when it is back")
        case .interrupted?:
            return StageFailure(.tryLater, "interrupted; \(state)", hint: "run the same command again to go on")
        }
    }

    /// A run without a single label is no success, whatever was paid for.
    private var withoutLabel: StageFailure {
        let reasons = result.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        var description = "no label: all \(result.rejected) inputs were rejected ("
        description += reasons.map { "\($0.value): \($0.key)" }.joined(separator: "; ") + ")"
        if !result.examples.isEmpty {
            description += "; it said " + result.examples.map { "\"\($0.said)\"" }.joined(separator: ", ")
        }
        let hint =
            result.kept == result.distinct
            ? "they were rejected in earlier runs: --retry-rejected asks again"
            : reasons.allSatisfy { $0.key.contains(": cut at ") }
                ? "give more --max-tokens and add --retry-rejected"
                : "check the task's prompts and --model, then add --retry-rejected"
        return StageFailure(.badInput, description, hint: hint)
    }
}
