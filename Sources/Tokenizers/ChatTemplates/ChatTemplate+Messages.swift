public import Conversations

extension ChatTemplate {
    /// Renders messages as the model's own vocabulary would have them: `bos_token` and `eos_token` are its pieces.
    ///
    /// - Parameter addGenerationPrompt: whether the text ends where the assistant begins to speak.
    public func render(
        _ messages: [Message], addGenerationPrompt: Bool, tokenizer: Tokenizer
    ) throws -> RenderedConversation {
        var variables: [String: JSONValue] = [:]
        for (name, id) in [("bos_token", tokenizer.beginningOfText), ("eos_token", tokenizer.endOfText)] {
            if let id { variables[name] = .string(String(decoding: tokenizer.piece(id), as: UTF8.self)) }
        }
        return try render(
            messages: messages.map(\.json), addGenerationPrompt: addGenerationPrompt, variables: variables)
    }
}
