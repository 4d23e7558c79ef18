public import Tokenizers

/// A conversation as a model reads it.
public struct EncodedConversation: Sendable, Hashable {
    /// The text, and what in it came from where.
    public var rendered: RenderedConversation
    /// Its tokens, and the bytes of the text that each stands for.
    public var tokens: TokenizedText
    /// The token that begins a text, where the vocabulary wants it and the template does not write it.
    public var addedBeginning: TokenID?

    /// Tokenizes what a template has rendered.
    public init(_ rendered: RenderedConversation, tokenizer: Tokenizer) throws {
        self.rendered = rendered
        tokens = try tokenizer.encodeWithRanges(rendered.text, plain: rendered.written)
        // A template may write the token that begins a text itself; there must be one, not two.
        if tokenizer.addsBeginningOfText, let first = tokenizer.beginningOfText, tokens.ids.first != first {
            tokens.ids.insert(first, at: 0)
            tokens.utf8Ranges.insert(0..<0, at: 0)
            addedBeginning = first
        }
    }

    /// The places of the tokens in which a message's own words are, from the first to the last; nil where the text has
    /// none of them.
    public func tokens(ofMessage index: Int) -> Range<Int>? {
        let spans = rendered.spans.filter { $0.messageIndex == index }.map(\.utf8Range)
        guard let start = spans.first?.lowerBound, let end = spans.map(\.upperBound).max() else { return nil }
        let places = tokens.utf8Ranges.indices.filter {
            tokens.utf8Ranges[$0].lowerBound < end && tokens.utf8Ranges[$0].upperBound > start
        }
        guard let first = places.first, let last = places.last else { return nil }
        return first..<(last + 1)
    }
}
