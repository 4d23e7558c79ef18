public import Conversations
public import JSON

/// What to ask a teacher, in no dialect.
public struct TeacherRequest: Sendable {
    public var messages: [Message]
    /// The most tokens that the answer may have; also what a budget reserves.
    public var maximumTokens: Int
    /// Nil leaves it to the server; some models accept no other than their own.
    public var temperature: Double?
    /// How many alternatives of each token to report with their log-probabilities; nil asks for none. OpenAI only.
    public var topLogprobs: Int?
    /// Further members of the request body, in the dialect's own words: `response_format`, `tools`, `seed`, ….
    public var extra: JSONObject

    public init(
        messages: [Message], maximumTokens: Int = 256, temperature: Double? = 0, topLogprobs: Int? = nil,
        extra: JSONObject = JSONObject()
    ) {
        self.messages = messages
        self.maximumTokens = maximumTokens
        self.temperature = temperature
        self.topLogprobs = topLogprobs
        self.extra = extra
    }

    /// More input tokens than this the request cannot have: no tokenizer makes more tokens than there are bytes,
    /// and what a dialect puts around a message stays below 16 tokens.
    package var mostInputTokens: Int {
        let extraBytes = extra.isEmpty ? 0 : JSONValue.object(extra).serializedBytes().count
        return messages.reduce(16 + extraBytes) { sum, message in
            let calls = message.toolCalls.reduce(0) { $0 + $1.name.utf8.count + $1.arguments.utf8.count + 16 }
            return sum + message.content.utf8.count + (message.name?.utf8.count ?? 0) + calls + 16
        }
    }

    /// A fair guess at the input tokens, for rate limits.
    var likelyInputTokens: Int { mostInputTokens / 4 + 1 }
}
