import Conversations
import Inference
import JSON

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
    /// Separates prompts of one client, in which nobody may start from what another's began with; vLLM's.
    let cacheSalt: String?
    /// Whose request it is; nil for one that has no quota.
    let client: ClientAccount?
    /// What was sent, for the decision log: fields that are known, and none that is null.
    let body: JSONValue

    var isChat: Bool { if case .chat = content { true } else { false } }

    /// Whose prompts this one may start from.
    var promptOwner: PromptOwner? { PromptOwner(client: client?.name, salt: cacheSalt) }

    init(_ body: JSONValue, isChat: Bool, client: ClientAccount? = nil) throws {
        let fields = try RequestFields(body, isChat: isChat)
        self.body = JSONValue.object(fields.object).withoutNulls
        self.client = client
        cacheSalt = try CompletionRequest.cacheSalt(fields)
        model = try fields.string("model")
        isStream = try fields.boolean("stream")
        includesUsage = try CompletionRequest.includesUsage(fields, isStream: isStream)
        sampling = try SamplingFields(fields)
        topLogprobs = try CompletionRequest.topLogprobs(fields)
        content = isChat ? .chat(try RequestMessages.read(fields)) : .text(try CompletionRequest.prompt(fields))
    }

    private static func cacheSalt(_ fields: RequestFields) throws -> String? {
        guard fields["cache_salt"] != nil else { return nil }
        let salt = try fields.string("cache_salt")
        guard salt.utf8.count <= 512 else {
            throw APIError.invalid(
                "cache_salt: \(salt.utf8.count) bytes, expected at most 512", parameter: "cache_salt")
        }
        return salt
    }

    private static func includesUsage(_ fields: RequestFields, isStream: Bool) throws -> Bool {
        guard let options = fields["stream_options"] else { return false }
        guard let object = options.objectValue else {
            throw RequestFields.wrong("stream_options", options, "an object")
        }
        guard isStream else {
            throw APIError.invalid("stream_options: only with stream", parameter: "stream_options")
        }
        for (key, value) in object.members where !value.isNull {
            let field = "stream_options.\(key.prefix(80))"
            guard ["include_usage", "include_obfuscation", "continuous_usage_stats"].contains(key) else {
                throw APIError.unsupported(field, "unknown field")
            }
            guard let isWanted = value.boolValue else { throw RequestFields.wrong(field, value, "true or false") }
            guard key != "continuous_usage_stats" || !isWanted else {
                throw APIError.unsupported(field, "the usage comes once, at the end")
            }
        }
        return object["include_usage"]?.boolValue ?? false
    }

    private static func topLogprobs(_ fields: RequestFields) throws -> Int? {
        let top = try fields.integer("top_logprobs", in: 0...20)
        guard try fields.boolean("logprobs") else {
            guard top ?? 0 == 0 else {
                throw APIError.invalid("top_logprobs: only with logprobs: true", parameter: "top_logprobs")
            }
            return nil
        }
        return top ?? 0
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

extension JSONValue {
    /// Without the members that are null, which is as if they had not been sent.
    fileprivate var withoutNulls: JSONValue {
        switch self {
        case .object(let object):
            .object(
                JSONObject(
                    object.members.filter { !$0.value.isNull }.map { (key: $0.key, value: $0.value.withoutNulls) }))
        case .array(let elements): .array(elements.map(\.withoutNulls))
        default: self
        }
    }
}
