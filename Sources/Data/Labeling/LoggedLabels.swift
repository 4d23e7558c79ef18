import Conversations
public import Datasets
import Dialects
public import Interactions
import JSON
import Storage
public import Tasks
import Teachers

/// The answers that logs hold, taken for labels without asking anybody: what the frontier model said, with the
/// log-probabilities that the log has of it.
public struct LoggedLabels: Sendable {
    /// By time and then by id.
    public let examples: [LabeledExample]
    /// Interactions that gave no example, by the reason; says nothing of their texts.
    public let rejected: [String: Int]
    /// The name by which the model of each example was asked, where our own server asked it.
    let askedModels: [String?]
    /// How many examples have each tag.
    public let tags: [String: Int]
    /// Why log-probabilities that are there cannot be used, by the word that reports count under.
    public let unusableLogprobs: [String: Int]

    /// - Parameters:
    ///   - workload: only interactions with this tag, or without any; nil takes all.
    ///   - ofDecisionsOnly: whether to take those of our own server alone, which a frontier model answered.
    public init(
        _ store: InteractionStore, task: TaskDefinition, workload: String? = nil, ofDecisionsOnly: Bool = false
    ) throws {
        var found: [LabeledExample] = []
        var rejected: [String: Int] = [:]
        var unusable: [String: Int] = [:]
        var tags: [String: Int] = [:]
        var asked: [String?] = []
        try store.forEach { interaction in
            guard interaction.isUsable(for: workload) else { return }
            if ofDecisionsOnly, interaction.decision?.objectValue == nil { return }
            do {
                var example = try LoggedLabels.example(interaction, task)
                do throws(LogprobsError) {
                    example.logprobs = try TokenLogprobs(
                        OpenAIChat.logprobs(of: interaction.response),
                        answer: interaction.answer.content, label: example.label)
                } catch {
                    if error.kind != .missing { unusable[error.kind.rawValue, default: 0] += 1 }
                }
                found.append(example)
                asked.append(interaction.decision?["asked_model"]?.stringValue)
                if let tag = interaction.onlyTag { tags[tag, default: 0] += 1 }
            } catch let error as Rejection {
                rejected[error.reason, default: 0] += 1
            }
        }
        examples = found
        self.rejected = rejected
        self.tags = tags
        askedModels = asked
        unusableLogprobs = unusable
    }

    /// Of our own server only what the frontier model answered is a label, and only where the client did not steer it.
    private static func check(_ interaction: Interaction, _ decision: JSONValue, _ task: TaskDefinition)
        throws(Rejection)
    {
        guard decision["escalated"]?.boolValue == true else {
            throw Rejection(reason: "the answer: of a model of ours, expected a teacher's")
        }
        guard isDecision(interaction, decision, of: task) else { throw Rejection(reason: otherTask) }
        let request = interaction.request
        for field in ["logit_bias", "stop"] {
            if let value = request[field], !value.isNull {
                throw Rejection(reason: "the answer: steered by the request's \(field)")
            }
        }
    }

    /// Interactions whose answer was given to another task, or to this one with other labels or prompts.
    var ofOtherTask: Int { rejected[LoggedLabels.otherTask] ?? 0 }

    private static let otherTask = "the answer: to another task, or to this one as it was"

    /// Older records name the whole task, and the oldest its name at most.
    private static func isDecision(_ interaction: Interaction, _ decision: JSONValue, of task: TaskDefinition) -> Bool {
        if let digest = decision["label_task"]?.stringValue { return digest == task.trainingDigest.description }
        if let digest = decision["task"]?.stringValue { return digest == task.digest.description }
        return interaction.isUsable(for: task.name)
    }

    private struct Rejection: Error {
        var reason: String
    }

    /// - Throws: ``Rejection``; `DatasetError` where a slice's pattern takes too long.
    private static func example(_ interaction: Interaction, _ task: TaskDefinition) throws -> LabeledExample {
        guard let input = LabelInput(interaction, task: task) else {
            throw Rejection(reason: "no text for the task")
        }
        if let decision = interaction.decision { try check(interaction, decision, task) }
        if let word = OpenAIChat.finish(of: interaction.response) {
            let reason = FinishReason(word)
            guard reason.isFinished else {
                throw Rejection(reason: "the answer: \(reason.rawValue), expected one that was finished")
            }
        }
        guard interaction.answer.toolCalls.isEmpty else {
            throw Rejection(reason: "the answer: a call of a tool, expected text alone")
        }
        if task.input == .firstUserMessage, interaction.messages.count(where: { $0.role == .user }) > 1 {
            throw Rejection(reason: "the answer: to a later message than the first")
        }
        guard let answer = SpokenThoughts.answer(in: interaction.answer.content) else {
            throw Rejection(reason: UnfinishedAnswer.thought.description)
        }
        let label: String
        do throws(AnswerError) {
            label = try task.label(fromAnswer: answer)
        } catch {
            throw Rejection(reason: error.description)
        }
        let subject = TaskSlice.Subject(input: input.input, label: label, time: interaction.time)
        return LabeledExample(
            interaction: interaction.id, time: interaction.time, input: input.input, label: label,
            slices: try task.slices(of: subject),
            source: LabeledExample.Source(
                teacher: "log", model: interaction.decision?["escalated_to"]?.stringValue ?? interaction.model))
    }
}
