public import JSON

/// The log-probabilities of an answer's tokens, as a chat completion has them under `choices[].logprobs`:
/// `{"content": [{"token", "logprob", "bytes", "top_logprobs": [{"token", "logprob", "bytes"}]}]}`.
///
/// Kept as JSON text with the members and numbers that the server wrote: as values, twenty alternatives to every token
/// would take ten times the memory.
public struct TokenLogprobs: Sendable, Hashable {
    /// A token, and how likely it was.
    public struct Token: Sendable, Hashable {
        /// What it spells; part of a character, for some. Empty where the server names its id alone.
        public var bytes: [UInt8]
        /// The id that the server names: `token_id`, or a `token` of `token_id:17`, as vLLM writes them.
        public var id: Int?
        /// A natural logarithm, 0 at most; -∞ for what the server says is very unlikely.
        public var logprob: Double
    }

    /// One token of the answer and those that might have stood in its place.
    public struct Place: Sendable, Hashable {
        public var said: Token
        /// The likeliest tokens, the said one often among them, each once.
        public var alternatives: [Token]

        /// Every token whose probability is known: the alternatives, and the said one where it is none of them. What is
        /// known as unlikely only is not among them.
        public var known: [Token] {
            let isAmong = alternatives.contains { $0.bytes == said.bytes && $0.id == said.id }
            return (isAmong ? alternatives : [said] + alternatives).filter { $0.logprob > -.infinity }
        }
    }

    /// `{"content": […]}`, compact.
    private let text: [UInt8]
    /// Tokens of the answer.
    public let count: Int

    /// Takes what a response says of an answer, cut to the tokens of the label that the answer came to: without the
    /// quotes around it, the thoughts before it, the end of the turn after it.
    ///
    /// - Parameters:
    ///   - json: `choices[].logprobs`.
    ///   - answer: the text of the answer as it came.
    ///   - label: what it came to.
    public init(_ json: JSONValue?, answer: String, label: String) throws(LogprobsError) {
        guard let json, let entries = json["content"]?.arrayValue, !entries.isEmpty else { throw .missing }
        let places = try TokenLogprobs.places(of: json)
        if places.contains(where: { $0.said.bytes.isEmpty && $0.said.id != nil }) {
            // Ids alone: what they spell is known to whoever has the vocabulary.
            guard answer == label else { throw .otherText }
            self.init(entries)
            return
        }
        let spelled = places.flatMap(\.said.bytes)
        guard let said = TokenLogprobs.range(of: Array(answer.utf8), in: spelled[...]),
            let range = TokenLogprobs.range(of: Array(label.utf8), in: spelled[said])
        else { throw .otherText }
        var kept: [JSONValue] = []
        var offset = 0
        for (place, entry) in zip(places, entries) {
            let end = offset + place.said.bytes.count
            if end > range.lowerBound, offset < range.upperBound {
                // A token may bring white space along, but no part of another word.
                let outside =
                    spelled[offset..<max(offset, range.lowerBound)] + spelled[min(end, range.upperBound)..<end]
                guard outside.allSatisfy({ $0 <= 0x20 }) else { throw .otherText }
                kept.append(entry)
            }
            offset = end
        }
        self.init(kept)
    }

    private init(_ entries: [JSONValue]) {
        text = (["content": .array(entries)] as JSONValue).serializedBytes()
        count = entries.count
    }

    /// Takes what ``bytes`` gave.
    public init(bytes: [UInt8]) throws(LogprobsError) {
        guard case .success(let json) = Result(catching: { try JSONValue(parsing: bytes) }) else {
            throw LogprobsError(.malformed, "not JSON")
        }
        count = try TokenLogprobs.places(of: json).count
        text = bytes
    }

    /// JSON text, compact.
    public var bytes: [UInt8] { text }

    public var json: JSONValue {
        do { return try JSONValue(parsing: text) } catch {
            preconditionFailure("text that was parsed before: \(error)")
        }
    }

    /// The part of a text that is another: its beginning, else its last occurrence.
    private static func range(of part: [UInt8], in text: ArraySlice<UInt8>) -> Range<Int>? {
        guard !part.isEmpty, part.count <= text.count else { return nil }
        if text.starts(with: part) { return text.startIndex..<text.startIndex + part.count }
        let starts = stride(from: text.endIndex - part.count, through: text.startIndex, by: -1)
        return starts.first { text[$0...].starts(with: part) }.map { $0..<$0 + part.count }
    }
}
