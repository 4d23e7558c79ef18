/// The ids of a text, and the bytes that each of them stands for.
public struct TokenizedText: Hashable, Sendable {
    public var ids: [TokenID]
    /// For each id, its bytes in the text's UTF-8, in ascending order.
    ///
    /// Empty for a token that stands for no text (a beginning-of-text that was added). When a character had to be
    /// spelled in byte tokens, each has its byte; a space that is spelled as the three bytes of U+2581 is the range of
    /// all three. White space that a special token swallows belongs to no token.
    public var utf8Ranges: [Range<Int>]

    public init(ids: [TokenID], utf8Ranges: [Range<Int>]) {
        self.ids = ids
        self.utf8Ranges = utf8Ranges
    }
}
