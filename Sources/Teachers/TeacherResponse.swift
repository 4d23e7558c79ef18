public import Conversations
public import Storage

/// What a teacher answered, what it cost, and the digest under which the verbatim response is kept.
public struct TeacherResponse: Sendable {
    /// The text of the answer; text blocks joined.
    public var text: String
    public var toolCalls: [ToolCall]
    /// The model that answered, as the server names it.
    public var model: String
    /// Why the answer ended, in the dialect's own word: `stop`, `length`, `end_turn`, ….
    public var finishReason: String?
    public var usage: TokenUsage
    public var cost: USD
    /// The digest of the response body, byte for byte as it came.
    public var digest: ContentDigest
    /// The log-probabilities as the server gave them; nil where none were asked for.
    public var logprobs: JSONValue?
    /// The response body, byte for byte as it came.
    public var body: [UInt8]
    /// Whether it was paid for earlier.
    public var isCached: Bool
    /// How many times the request was sent again before this came.
    public var retries: Int
}
