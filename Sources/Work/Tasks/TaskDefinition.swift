public import JSON

/// What a small model is to learn: which text to answer, with which labels or in which form, how it is asked, what
/// counts as good enough. Written by a person as `task.yaml`; `Documentation/Formats/Task.md` describes the keys.
public struct TaskDefinition: Sendable {
    public enum Kind: String, Sendable, CaseIterable {
        /// One label out of a closed set.
        case classification
        /// Free text, or JSON by a schema.
        case generation
    }

    /// Which text of a conversation is the input.
    public enum Input: String, Sendable, CaseIterable {
        case lastUserMessage = "last_user_message"
        case firstUserMessage = "first_user_message"
        case wholeConversation = "whole_conversation"
    }

    /// The figure that leads a report.
    public enum Metric: String, Sendable, CaseIterable {
        case accuracy
        case macroF1 = "macro_f1"
        case agreement
    }

    /// What serving does with a generated answer that the task does not allow.
    public enum InvalidAnswers: String, Sendable, CaseIterable {
        /// Asks the frontier endpoint, where there is one; otherwise refuses.
        case escalate
        case refuse
    }

    /// The most tokens of a generated answer where the task says nothing: as many as labeling lets a teacher write.
    public static let defaultMaximumTokens = 1024

    public struct Label: Sendable, Hashable {
        public var name: String
        /// What belongs under it; shown to the teacher.
        public var description: String
        public var examples: [String]

        public init(name: String, description: String = "", examples: [String] = []) {
            self.name = name
            self.description = description
            self.examples = examples
        }
    }

    /// How a model is asked: a system message (empty for none) and a user message.
    public struct Prompt: Sendable, Hashable {
        public var system: PromptTemplate
        public var user: PromptTemplate
    }

    public var name: String
    public var description: String
    public var kind: Kind
    public var input: Input
    /// In the order of the file. Empty for ``Kind/generation``.
    public var labels: [Label]
    /// The label of what belongs under none of the others.
    public var outOfScopeLabel: String?
    public var student: Prompt
    public var teacher: Prompt
    /// What an answer of ``Kind/generation`` must look like; nil for free text.
    public var answerSchema: JSONSchema?
    public var metric: Metric
    public var slices: [TaskSlice]
    /// Below this confidence serving escalates; 0 never does.
    public var threshold: Double
    /// What is done with a generated answer that breaks ``answerSchema``, or is empty.
    public var invalidAnswers: InvalidAnswers
    /// What serving says in place of an answer that cannot be given; nil for its own words.
    public var refusal: String?
    /// The most tokens of a generated answer, in evaluation and in serving alike.
    public var maximumTokens: Int
    public var gate: TaskGate
    public var split: SplitRule

    public var labelNames: [String] { labels.map(\.name) }

    /// The name of the slice of every rule that an example meets, in the order of the file.
    ///
    /// - Throws: ``TaskError`` where a rule's pattern takes too long.
    public func slices(of example: TaskSlice.Subject) throws -> [String] {
        try slices.filter { try $0.contains(example) }.map(\.name)
    }
}
