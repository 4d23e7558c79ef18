public import Conversations
public import Dialects
public import JSON
public import Storage

/// What a teacher answered, what it cost, and the digest under which the verbatim response is kept.
public struct TeacherResponse: Sendable {
    /// The text of the answer as it came, text parts joined, thoughts that stand in it included. What may be used is
    /// ``finishedText()``.
    public var text: String
    public var toolCalls: [ToolCall]
    /// The model that answered, as the server names it.
    public var model: String
    /// Why the answer ended, in the dialect's own word: `stop`, `length`, `end_turn`, ….
    public var finishReason: String?
    /// The same in one word for all vendors.
    public var end: FinishReason
    /// Whether the server marked it as a refusal.
    public var isRefusal: Bool
    /// Whether it holds parts that are neither text nor thoughts.
    public var hasOtherParts: Bool
    /// Whether the model thought, as far as the response shows.
    public var hasThoughts: Bool
    /// What was billed; where the response does not say or cannot be right, the most that it can be.
    public var usage: TokenUsage
    /// Why the usage that the response states was not taken; nil where it was.
    public var usageDoubt: String?
    /// The limit of tokens that the request had.
    public var limit: Int
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

    /// The answer without the thoughts before it, if the teacher finished it.
    ///
    /// - Throws: ``UnfinishedAnswer`` for everything that must not be learned or passed on.
    public func finishedText() throws(UnfinishedAnswer) -> String {
        switch end {
        case .finished: break
        case .toolCalls: throw .toolCall
        case .truncated: throw .cut(limit: limit)
        case .filtered: throw .filtered
        case .refused: throw .refused
        case .paused: throw .paused
        case .failed: throw .failed
        case .unknown: throw finishReason.map { .other(ShownWords($0, limit: 40).text) } ?? .unended
        }
        if isRefusal { throw .refused }
        if !toolCalls.isEmpty { throw .toolCall }
        if hasOtherParts { throw .otherParts }
        guard let text = SpokenThoughts.answer(in: text) else { throw .thought }
        return text
    }

    /// Whether more room might have let the answer come: the limit was reached, and thoughts took part of it.
    var isCutInThoughts: Bool { end == .truncated && (hasThoughts || SpokenThoughts.answer(in: text) == nil) }
}
