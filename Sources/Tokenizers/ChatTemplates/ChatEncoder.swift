public import Conversations

/// Turns conversations into the tokens of one model, in the one way that training, evaluation and serving share: the
/// model's own template, the model's own vocabulary. A template that prints the date prints the one given here.
public struct ChatEncoder: Sendable {
    private let tokenizer: Tokenizer
    private let template: ChatTemplate
    private let now: LocalTime

    public init(tokenizer: Tokenizer, template: ChatTemplate, now: LocalTime) {
        self.tokenizer = tokenizer
        self.template = template
        self.now = now
    }

    /// The tokens of a conversation up to where the answer begins.
    public func prompt(_ messages: [Message], tools: [JSONValue]? = nil) throws -> [TokenID] {
        let text = try render(messages, tools, addGenerationPrompt: true)
        let tokens = try tokenizer.encode(text, parseSpecial: true)
        // A template may write the token that begins a text itself; there must be one, not two.
        guard tokenizer.addsBeginningOfText, let first = tokenizer.beginningOfText, tokens.first != first else {
            return tokens
        }
        return [first] + tokens
    }

    /// The tokens that an answer adds to the prompt, through the one that ends the turn.
    ///
    /// - Throws: ``ChatTemplateError`` if the template changes what stands before an answer, or ends no turn.
    public func answer(_ answer: String, after messages: [Message]) throws -> [TokenID] {
        try self.answer(Message(.assistant, answer), after: messages)
    }

    /// The tokens that an assistant's message adds to the prompt, the tools that it calls among them, through the one that
    /// ends the turn.
    ///
    /// - Throws: ``ChatTemplateError`` if the template changes what stands before an answer, or ends no turn.
    public func answer(_ message: Message, after messages: [Message], tools: [JSONValue]? = nil) throws -> [TokenID] {
        let prompt = try render(messages, tools, addGenerationPrompt: true)
        let whole = try render(messages + [message], tools, addGenerationPrompt: false)
        guard whole.utf8.starts(with: prompt.utf8) else { throw ChatTemplateError.answerNotAppended }
        let said = String(decoding: whole.utf8.dropFirst(prompt.utf8.count), as: UTF8.self)
        let tokens = try tokenizer.encode(said, parseSpecial: true)
        guard let end = tokens.firstIndex(where: tokenizer.isEndOfGeneration) else {
            throw ChatTemplateError.answerNotEnded
        }
        return Array(tokens[...end])
    }

    private func render(_ messages: [Message], _ tools: [JSONValue]?, addGenerationPrompt: Bool) throws -> String {
        try template.render(
            messages, tools: tools, addGenerationPrompt: addGenerationPrompt, tokenizer: tokenizer, now: now
        ).text
    }
}
