public import Conversations
public import GGUF
public import JSON
public import PlainText
public import Tokenizers

extension ChatTemplate {
    /// The template in a model file, `tokenizer.chat_template`.
    ///
    /// - Throws: ``ChatTemplateError``, `missing` among them.
    public init(metadata: GGUFMetadata) throws {
        guard let source = try metadata.optionalString("tokenizer.chat_template") else {
            throw ChatTemplateError.missing(fitting: try ChatTemplate.names(fitting: Tokenizer(metadata: metadata)))
        }
        try self.init(source: source)
    }

    /// What templates ask a tokenizer for: `bos_token` and `eos_token`, where the model file names them.
    public static func specialTokens(in metadata: GGUFMetadata) throws -> [String: JSONValue] {
        var variables: [String: JSONValue] = [:]
        let keys = [("bos_token", "tokenizer.ggml.bos_token_id"), ("eos_token", "tokenizer.ggml.eos_token_id")]
        for (name, key) in keys {
            guard let id = try metadata.optionalInteger(key),
                let pieces = try metadata.optionalStringBytes("tokenizer.ggml.tokens"), pieces.indices.contains(id)
            else { continue }
            variables[name] = .string(String(decoding: pieces[id], as: UTF8.self))
        }
        return variables
    }

    /// Renders a conversation for a tokenizer, whose special pieces the template may ask for. Arguments of tool calls, and
    /// content that is null, are in the form that the template takes (``input``).
    public func render(
        _ messages: [Message], tools: [JSONValue]? = nil, addGenerationPrompt: Bool, tokenizer: Tokenizer,
        now: LocalTime
    ) throws -> RenderedConversation {
        var variables: [String: JSONValue] = [:]
        for (name, id) in [("bos_token", tokenizer.beginningOfText), ("eos_token", tokenizer.endOfText)] {
            if let id { variables[name] = .string(String(decoding: tokenizer.piece(id), as: UTF8.self)) }
        }
        // Trying costs a few renderings, which plain conversations do not need.
        let isPlain = messages.allSatisfy { $0.toolCalls.isEmpty && !$0.isContentNull }
        let input = isPlain ? TemplateInput(arguments: .text, takesNull: true) : self.input
        return try render(
            messages: messages.map { $0.json(for: input) }, tools: tools,
            addGenerationPrompt: addGenerationPrompt, variables: variables, now: now)
    }
}
