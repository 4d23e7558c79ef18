/// The text of a conversation, and which of its characters came from which message.
public struct RenderedConversation: Sendable, Hashable {
    /// The text that the model reads.
    public let text: String
    /// The parts of the text that are content of a message, in the order of the text.
    public let spans: [MessageSpan]
    /// The parts, as UTF-8 offsets, that stand inside `{% generation %}` blocks, where the template has any.
    public let generated: [Range<Int>]
    /// The parts, as UTF-8 offsets, that people wrote: messages and the descriptions of tools. All else is the template's,
    /// and its special tokens alone mean what they mean.
    public let written: [Range<Int>]
    /// Whether anything of the tools is in the text.
    public let writesTools: Bool

    public init(
        text: String, spans: [MessageSpan], written: [Range<Int>], writesTools: Bool, generated: [Range<Int>] = []
    ) {
        self.text = text
        self.spans = spans
        self.written = written
        self.writesTools = writesTools
        self.generated = generated
    }
}

/// Characters of a rendered conversation that came from one message.
///
/// They are followed through everything that a template does with a value (trimming, joining, replacing, slicing,
/// `tojson`). A message's role is no content: it belongs to the frame that the template builds.
public struct MessageSpan: Sendable, Hashable {
    /// Which message, from 0.
    public let messageIndex: Int
    /// Where in the text, in UTF-8 code units.
    public let utf8Range: Range<Int>

    public init(messageIndex: Int, utf8Range: Range<Int>) {
        self.messageIndex = messageIndex
        self.utf8Range = utf8Range
    }
}
