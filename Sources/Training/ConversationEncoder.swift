public import Conversations
public import Tokenizers

/// Turns a conversation into the tokens that serving sees, and marks those that the model should say.
///
/// Every assistant message that counts becomes an example of its own: the prompt is what serving would render for
/// the messages before it, the answer is what the template adds for it, up to the token that ends the turn. Turns of
/// one conversation share their beginning, and ``PackedBatch`` computes that once.
public struct ConversationEncoder: Sendable {
    private let tokenizer: Tokenizer
    private let template: ChatTemplate

    public init(tokenizer: Tokenizer, template: ChatTemplate) {
        self.tokenizer = tokenizer
        self.template = template
    }

    /// One example for each assistant message whose weight is not 0.
    ///
    /// - Throws: ``TrainingError`` if the template changes what stands before an answer or ends no turn; what the
    ///   template and the tokenizer throw.
    public func examples(_ messages: [Message]) throws -> [TrainingExample] {
        var examples: [TrainingExample] = []
        for (index, message) in messages.enumerated() where message.role == .assistant && message.weight != 0 {
            examples.append(try example(messages[..<index], answer: message))
        }
        return examples
    }

    private func example(_ before: ArraySlice<Message>, answer: Message) throws -> TrainingExample {
        let prompt = try template.render(Array(before), addGenerationPrompt: true, tokenizer: tokenizer).text
        var spoken = answer
        spoken.weight = nil
        let whole = try template.render(before + [spoken], addGenerationPrompt: false, tokenizer: tokenizer).text
        guard whole.utf8.starts(with: prompt.utf8) else {
            throw TrainingError("chat template: an answer changes the text before it, expected it to be appended")
        }
        let said = String(decoding: whole.utf8.dropFirst(prompt.utf8.count), as: UTF8.self)
        let completion = try tokenizer.encode(said, parseSpecial: true)
        guard let end = completion.firstIndex(where: tokenizer.isEndOfGeneration) else {
            throw TrainingError("chat template: an answer is not followed by a token that ends the turn")
        }
        let promptTokens = try encode(prompt)
        let weight = Float(answer.weight ?? 1)
        return TrainingExample(
            tokens: promptTokens + completion[...end],
            weights: [Float](repeating: 0, count: promptTokens.count) + [Float](repeating: weight, count: end + 1))
    }

    /// A template may write the token that begins a text itself; there must be one, not two.
    private func encode(_ text: String) throws -> [TokenID] {
        let tokens = try tokenizer.encode(text, parseSpecial: true)
        guard tokenizer.addsBeginningOfText, let first = tokenizer.beginningOfText, tokens.first != first else {
            return tokens
        }
        return [first] + tokens
    }
}
