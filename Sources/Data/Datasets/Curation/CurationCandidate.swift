import Conversations
import Tasks

/// All examples with one input, as one.
struct CurationCandidate {
    var example: LabeledExample
    var text: ComparableText
    var occurrences: Int
    /// That of an example with the label that stands.
    var label: LabelName

    func row(group: String, _ task: TaskDefinition) throws -> DatasetRow {
        let subject = TaskSlice.Subject(input: example.input, label: example.truth, time: example.time)
        let slices = try task.slices(of: subject)
        return DatasetRow(
            messages: task.studentMessages(for: example.input) + [.init(.assistant, example.truth)],
            metadata: DatasetRow.Metadata(
                id: example.id, input: example.input, label: example.label, gold: example.gold, time: example.time,
                slices: slices + example.slices.filter { !slices.contains($0) }, group: group,
                interaction: example.interaction, occurrences: occurrences),
            logprobs: example.logprobs)
    }
}

extension LabeledExample {
    /// The answer that counts: a person's, where there is one.
    var truth: String { gold ?? label }
}
