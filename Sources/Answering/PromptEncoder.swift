public import Checkpoints
public import Conversations
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
        try chat(at: moment).prompt(messages)
    }

    /// The tokens that an answer adds to the prompt, through the one that ends the turn.
    public func answer(_ answer: String, after messages: [Message], at moment: LocalTime) throws -> [TokenID] {
        try chat(at: moment).answer(answer, after: messages)
    }

    /// What the template itself writes between a prompt and the content of its answer, as a generated answer spells it: an
    /// empty think block, for one. Empty for most templates.
    ///
    /// A model that was trained with the template says it, and it is no part of the answer.
    public func opening(after messages: [Message], at moment: LocalTime) throws -> [UInt8] {
        let template = try chatTemplate
        func render(_ messages: [Message], addGenerationPrompt: Bool) throws -> RenderedConversation {
            try template.render(
                messages, tools: nil, addGenerationPrompt: addGenerationPrompt, tokenizer: tokenizer, now: moment)
        }
        let prompt = Array(try render(messages, addGenerationPrompt: true).text.utf8)
        let whole: RenderedConversation
        do {
            whole = try render(messages + [Message(.assistant, "an example")], addGenerationPrompt: false)
        } catch is ChatTemplateError {
            // A template that only ever asks: it writes nothing before an answer that it does not take.
            return []
        }
        let content = whole.spans.first { $0.messageIndex == messages.count }
        guard let start = content?.utf8Range.lowerBound, start > prompt.count, whole.text.utf8.starts(with: prompt)
        else { return [] }
        let written = String(decoding: whole.text.utf8.dropFirst(prompt.count).prefix(start - prompt.count), as: UTF8.self)
        return try tokenizer.encode(written, parseSpecial: true).flatMap(tokenizer.piece)
    }

    /// The tokens of raw text, as they begin a sequence.
    public func raw(_ text: String) throws -> [TokenID] {
        try tokenizer.encode(text, addSpecial: true, parseSpecial: true)
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
