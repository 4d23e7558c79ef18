public import Conversations
public import Tokenizers

/// Turns a conversation into the tokens that serving sees, and marks those that the model should say.
///
/// Every assistant message that counts becomes an example of its own: the prompt is what serving would render for
/// the messages before it, the answer is what the template adds for it, up to the token that ends the turn. Turns of
/// one conversation share their beginning, and ``PackedBatch`` computes that once.
public struct ConversationEncoder: Sendable {
    private let encoder: ChatEncoder

    public init(tokenizer: Tokenizer, template: ChatTemplate) {
        encoder = ChatEncoder(tokenizer: tokenizer, template: template)
    }

    /// One example for each assistant message whose weight is not 0.
    ///
    /// - Throws: ``TrainingError`` for an answer that calls tools; what the template and the tokenizer throw.
    public func examples(_ messages: [Message]) throws -> [TrainingExample] {
        var examples: [TrainingExample] = []
        for (index, message) in messages.enumerated() where message.role == .assistant && message.weight != 0 {
            guard message.toolCalls.isEmpty else {
                throw TrainingError("message \(index + 1): an answer with tool calls, expected text")
            }
            let before = Array(messages[..<index])
            let prompt = try encoder.prompt(before)
            let answer = try encoder.answer(message.content, after: before)
            let weight = Float(message.weight ?? 1)
            examples.append(
                TrainingExample(
                    tokens: prompt + answer,
                    weights: [Float](repeating: 0, count: prompt.count)
                        + [Float](repeating: weight, count: answer.count)))
        }
        return examples
    }
}
