import Conversations

/// A request to either completion route, read and checked.
struct CompletionRequest: Sendable {
    enum Content: Sendable {
        /// `/v1/chat/completions`
        case chat([Message])
        /// `/v1/completions`
        case text(String)
    }

    let model: String
    let content: Content
    let sampling: SamplingFields
    /// How many of the likeliest tokens to name with each token of the answer; nil for no log-probabilities.
    let topLogprobs: Int?
    let isStream: Bool
    /// Whether a stream ends with a chunk that has the usage.
    let includesUsage: Bool
    /// The body as it came, for the decision log.
    let body: JSONValue

    var isChat: Bool { if case .chat = content { true } else { false } }

    init(_ body: JSONValue, isChat: Bool) throws {
        let fields = try RequestFields(body)
        self.body = body
        model = try fields.string("model")
        isStream = try fields.boolean("stream")
        includesUsage = try CompletionRequest.includesUsage(fields, isStream: isStream)
        sampling = try SamplingFields(fields)
        topLogprobs = try CompletionRequest.topLogprobs(fields, isChat: isChat)
        content = isChat ? .chat(try CompletionRequest.messages(fields)) : .text(try CompletionRequest.prompt(fields))
    }

    private static func includesUsage(_ fields: RequestFields, isStream: Bool) throws -> Bool {
        guard let options = fields["stream_options"] else { return false }
        guard let object = options.objectValue else { throw fields.wrong("stream_options", options, "an object") }
        guard isStream else {
            throw APIError.invalid("stream_options: only with stream", parameter: "stream_options")
        }
        for key in object.keys where key != "include_usage" && key != "include_obfuscation" {
            throw APIError.unsupported("stream_options.\(key.prefix(80))", "unknown field")
        }
        return object["include_usage"]?.boolValue ?? false
    }

    private static func topLogprobs(_ fields: RequestFields, isChat: Bool) throws -> Int? {
        guard isChat else {
            for field in ["logprobs", "top_logprobs"] where ![nil, false, 0].contains(fields[field]) {
                throw APIError.unsupported(field, "only chat completions have log-probabilities")
            }
            return nil
        }
        let top = try fields.integer("top_logprobs", in: 0...20)
        guard try fields.boolean("logprobs") else {
            guard top ?? 0 == 0 else {
                throw APIError.invalid("top_logprobs: only with logprobs: true", parameter: "top_logprobs")
            }
            return nil
        }
        return top ?? 0
    }

    private static func messages(_ fields: RequestFields) throws -> [Message] {
        guard let value = fields["messages"], let list = value.arrayValue, !list.isEmpty else {
            throw APIError.invalid("messages: expected an array of at least one message", parameter: "messages")
        }
        return try list.enumerated().map { index, element in
            let place = "messages[\(index)]"
            for part in element["content"]?.arrayValue ?? [] {
                let type = part["type"]?.stringValue ?? "none"
                guard ["text", "input_text", "output_text"].contains(type) else {
                    throw APIError.unsupported("\(place).content", "a part of type '\(type.prefix(40))', expected text")
                }
            }
            return try message(element, place)
        }
    }

    private static func message(_ json: JSONValue, _ place: String) throws -> Message {
        do {
            var message = try Message(json: json)
            // Small models' templates know no developer; it is what a system message used to be.
            if message.role == .developer { message.role = .system }
            return message
        } catch {
            throw APIError.invalid("\(place): \(error.description)", parameter: place)
        }
    }

    private static func prompt(_ fields: RequestFields) throws -> String {
        guard let value = fields["prompt"] else {
            throw APIError.invalid("prompt: missing, expected a string", parameter: "prompt")
        }
        if let text = value.stringValue { return text }
        if let list = value.arrayValue, list.count == 1, let text = list[0].stringValue { return text }
        throw APIError.unsupported("prompt", "\(value.kindName), expected one string")
    }
}
