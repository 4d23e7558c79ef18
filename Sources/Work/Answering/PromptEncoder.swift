public import ChatTemplates
public import Checkpoints
public import Conversations
public import PlainText
public import Tokenizers

/// Turns what is asked into one model's tokens: conversations as the model was trained on them, or raw text.
///
/// The one place where answering meets the chat template: what a template adds to an answer is known here alone.
public struct PromptEncoder: Sendable {
    public let tokenizer: Tokenizer
    /// A model without a chat template, or with one that cannot be rendered, still continues raw text.
    private let template: Result<ChatTemplate, any Error>

    /// - Throws: what making the model's tokenizer throws.
    public init(_ checkpoint: Checkpoint) throws {
        tokenizer = try checkpoint.tokenizer
        template = Result { try checkpoint.template }
    }

    /// Whether the template prints the date, so that answers may depend on it.
    public var tellsTime: Bool { (try? template.get().tellsTime) ?? false }

    /// The tokens of a conversation up to where the answer begins.
    ///
    /// - Parameter moment: what a template that prints the date is told.
    /// - Throws: ``AnsweringError`` for a model that has no chat template; what rendering and encoding throw.
    public func prompt(_ messages: [Message], at moment: LocalTime) throws -> [TokenID] {
        try chat(at: moment).prompt(PromptEncoder.shown(messages))
    }

    /// The tokens that an answer adds to the prompt, through the one that ends the turn.
    public func answer(_ answer: String, after messages: [Message], at moment: LocalTime) throws -> [TokenID] {
        try chat(at: moment).answer(answer, after: PromptEncoder.shown(messages))
    }

    /// What the template, and the vocabulary, put around the text of an answer: an empty think block, for one. A model that
    /// was trained with them says it, and it is no part of the answer.
    ///
    /// Nil where the template takes no such conversation with an answer, so that it puts nothing around one.
    public func frame(after messages: [Message], at moment: LocalTime) throws -> AnswerFrame? {
        let chat = try chat(at: moment)
        do {
            return try chat.answerFrame(after: PromptEncoder.shown(messages))
        } catch is ChatTemplateError {
            return nil
        }
    }

    /// The tokens of raw text, as they begin a sequence.
    public func raw(_ text: String) throws -> [TokenID] {
        try tokenizer.encode(text, addSpecial: true, parseSpecial: true)
    }

    /// Small models' templates know no developer; it is what a system message used to be.
    private static func shown(_ messages: [Message]) -> [Message] {
        messages.map { message in
            var message = message
            if message.role == .developer { message.role = .system }
            return message
        }
    }

    private func chat(at moment: LocalTime) throws -> ChatEncoder {
        ChatEncoder(tokenizer: tokenizer, template: try chatTemplate, now: moment)
    }

    private var chatTemplate: ChatTemplate {
        get throws {
            guard case .success(let template) = template else { throw AnsweringError.noTemplate }
            return template
        }
    }
}
