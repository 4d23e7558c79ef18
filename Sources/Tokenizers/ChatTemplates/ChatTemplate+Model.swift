public import Conversations
public import GGUF

extension ChatTemplate {
    /// The template in a model file, `tokenizer.chat_template`.
    ///
    /// - Throws: ``ChatTemplateError``, `missing` among them.
    public init(metadata: GGUFMetadata) throws {
        guard let source = try metadata.optionalString("tokenizer.chat_template") else {
            throw ChatTemplateError.missing
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

    /// Renders a conversation for a tokenizer, whose special pieces the template may ask for.
    ///
    /// The arguments of tool calls are text, as OpenAI has them, unless the template writes them as JSON itself.
    public func render(
        _ messages: [Message], tools: [JSONValue]? = nil, addGenerationPrompt: Bool, tokenizer: Tokenizer,
        now: LocalTime
    ) throws -> RenderedConversation {
        var variables: [String: JSONValue] = [:]
        for (name, id) in [("bos_token", tokenizer.beginningOfText), ("eos_token", tokenizer.endOfText)] {
            if let id { variables[name] = .string(String(decoding: tokenizer.piece(id), as: UTF8.self)) }
        }
        var list = messages.map(\.json)
        if messages.contains(where: { !$0.toolCalls.isEmpty }), wantsObjectArguments(variables, now: now) {
            list = messages.map { $0.jsonWithObjectArguments }
        }
        return try render(
            messages: list, tools: tools, addGenerationPrompt: addGenerationPrompt, variables: variables,
            now: now)
    }

    /// Whether a tool call's arguments must be an object: most templates apply `tojson` to them, which would quote a text.
    ///
    /// Found as the reference finds it, by rendering a call both ways.
    func wantsObjectArguments(_ variables: [String: JSONValue], now: LocalTime) -> Bool {
        let call = Message(
            .assistant, "", toolCalls: [ToolCall(id: "call_000", name: "probe", arguments: #"{"needle": "x"}"#)])
        func isReadable(_ message: JSONValue) -> Bool {
            // A template may refuse the probe; then it does not read it.
            let probe = [Message(.user, "-").json, message]
            guard
                let text = try? render(
                    messages: probe, addGenerationPrompt: false, variables: variables, now: now
                ).text
            else {
                return false
            }
            return text.contains(#""needle""#) && !text.contains(#"\"needle\""#)
        }
        return !isReadable(call.json) && isReadable(call.jsonWithObjectArguments)
    }
}

extension Message {
    /// The message with the arguments of its tool calls as objects, where they are objects.
    fileprivate var jsonWithObjectArguments: JSONValue {
        guard !toolCalls.isEmpty, var object = json.objectValue else { return json }
        object["tool_calls"] = .array(
            toolCalls.map { call in
                guard var outer = call.json.objectValue, var function = outer["function"]?.objectValue,
                    // Arguments that are no JSON stay the text that they are.
                    let arguments = try? JSONValue(parsing: call.arguments), arguments.objectValue != nil
                else { return call.json }
                function["arguments"] = arguments
                outer["function"] = .object(function)
                return .object(outer)
            })
        return .object(object)
    }
}
