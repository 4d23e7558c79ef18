import Conversations
import Tokenizers

/// Turns conversations into the tokens that a model was trained to continue: its own template, its own vocabulary.
struct PromptEncoder: Sendable {
    let tokenizer: Tokenizer
    let template: ChatTemplate

    /// The tokens of a conversation up to where the answer begins.
    func prompt(_ messages: [Message]) throws -> [TokenID] {
        let text = try template.render(messages, addGenerationPrompt: true, tokenizer: tokenizer).text
        return try encode(text)
    }

    /// The tokens that an answer adds to the prompt, the one that ends the turn included.
    ///
    /// - Throws: ``ServingError`` if the template changes what stands before an answer, or ends no turn.
    func answer(_ answer: String, after messages: [Message]) throws -> [TokenID] {
        let prompt = try template.render(messages, addGenerationPrompt: true, tokenizer: tokenizer).text
        let whole = try template.render(
            messages + [Message(.assistant, answer)], addGenerationPrompt: false, tokenizer: tokenizer
        ).text
        guard whole.hasPrefix(prompt) else {
            throw ServingError("chat template: an answer changes the text before it, expected it to be appended")
        }
        let tokens = try tokenizer.encode(String(whole.dropFirst(prompt.count)), parseSpecial: true)
        guard let end = tokens.firstIndex(where: tokenizer.isEndOfGeneration) else {
            throw ServingError("chat template: an answer is not followed by a token that ends the turn")
        }
        return Array(tokens[...end])
    }

    /// The tokens of raw text, as they begin a sequence.
    func raw(_ text: String) throws -> [TokenID] { try tokenizer.encode(text, addSpecial: true, parseSpecial: true) }

    /// A template may write the token that begins a text itself; there must be one, not two.
    private func encode(_ text: String) throws -> [TokenID] {
        let tokens = try tokenizer.encode(text, parseSpecial: true)
        guard tokenizer.addsBeginningOfText, let first = tokenizer.beginningOfText, tokens.first != first else {
            return tokens
        }
        return [first] + tokens
    }
}
