import Checkpoints
import Conversations
import Foundation
import Tokenizers

/// Turns what requests hold into one model's tokens: conversations as the model was trained on them, or raw text.
struct PromptEncoder: Sendable {
    let tokenizer: Tokenizer
    /// A model without a chat template, or with one that cannot be rendered, still continues raw text.
    private let template: Result<ChatTemplate, any Error>

    init(_ checkpoint: Checkpoint) throws {
        tokenizer = try checkpoint.tokenizer
        template = Result { try checkpoint.template }
    }

    /// The tokens of a conversation up to where the answer begins.
    ///
    /// - Parameter moment: when the request came, for a template that prints the date.
    /// - Throws: ``APIError`` for a model that has no chat template; what rendering and encoding throw.
    func prompt(_ messages: [Message], at moment: LocalTime) throws -> [TokenID] {
        guard case .success(let template) = template else {
            throw APIError.unsupported(
                "messages", "this model has no chat template that can be rendered; /v1/completions continues raw text")
        }
        return try ChatEncoder(tokenizer: tokenizer, template: template, now: moment).prompt(messages)
    }

    /// The tokens that an answer adds to the prompt, through the one that ends the turn.
    func answer(_ answer: String, after messages: [Message], at moment: LocalTime) throws -> [TokenID] {
        try ChatEncoder(tokenizer: tokenizer, template: template.get(), now: moment).answer(answer, after: messages)
    }

    /// The tokens of raw text, as they begin a sequence.
    func raw(_ text: String) throws -> [TokenID] { try tokenizer.encode(text, addSpecial: true, parseSpecial: true) }
}
