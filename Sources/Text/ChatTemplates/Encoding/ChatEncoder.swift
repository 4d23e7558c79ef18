public import Conversations
public import JSON
public import PlainText
public import Tokenizers

/// Turns conversations into the tokens of one model, in the one way that training, evaluation and serving share: the
/// model's own template, the model's own vocabulary. A template that prints the date prints the one given here.
///
/// A conversation's text is rendered and tokenized as a whole, and an answer's tokens are the end of that: never a text
/// tokenized alone, to which some vocabularies would add a space. Only special tokens that the template wrote are
/// special; what people wrote is text, whatever it spells.
public struct ChatEncoder: Sendable {
    let tokenizer: Tokenizer
    let template: ChatTemplate
    let now: LocalTime

    public init(tokenizer: Tokenizer, template: ChatTemplate, now: LocalTime) {
        self.tokenizer = tokenizer
        self.template = template
        self.now = now
    }

    /// A conversation's text, its tokens, and which of them each message has.
    ///
    /// - Parameter addGenerationPrompt: whether the text ends where an answer begins.
    public func conversation(
        _ messages: [Message], tools: [JSONValue]? = nil, addGenerationPrompt: Bool
    ) throws -> EncodedConversation {
        try EncodedConversation(render(messages, tools, addGenerationPrompt), tokenizer: tokenizer)
    }

    private func render(
        _ messages: [Message], _ tools: [JSONValue]?, _ addGenerationPrompt: Bool
    ) throws -> RenderedConversation {
        func rendered(_ messages: [Message]) throws -> RenderedConversation {
            try template.render(
                messages, tools: tools, addGenerationPrompt: addGenerationPrompt, tokenizer: tokenizer, now: now)
        }
        do {
            return try rendered(messages)
        } catch ChatTemplateError.raised(let line, let text) {
            let others = messages.filter { $0.role != .system }
            if others.count < messages.count, (try? rendered(others)) != nil {
                throw ChatTemplateError.refusesSystem(text)
            }
            throw ChatTemplateError.raised(line: line, text)
        }
    }

    /// The tokens of a conversation up to where the answer begins.
    public func prompt(_ messages: [Message], tools: [JSONValue]? = nil) throws -> [TokenID] {
        try conversation(messages, tools: tools, addGenerationPrompt: true).tokens.ids
    }

    /// The tokens that an answer adds to the prompt, through the one that ends the turn.
    ///
    /// - Throws: what ``turn(_:after:tools:)`` throws.
    public func answer(_ answer: String, after messages: [Message]) throws -> [TokenID] {
        try turn(Message(.assistant, answer), after: messages).answer
    }

    /// The tokens that an assistant's message adds to the prompt, the tools that it calls among them, through the one that
    /// ends the turn.
    ///
    /// - Throws: what ``turn(_:after:tools:)`` throws.
    public func answer(_ message: Message, after messages: [Message], tools: [JSONValue]? = nil) throws -> [TokenID] {
        try turn(message, after: messages, tools: tools).answer
    }
}
