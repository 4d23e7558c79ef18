import PlainText

/// What stands around an answer's own text when a model says it as its template writes it: a space, an empty think block,
/// and whatever a vocabulary adds to the first token. Found by rendering, for whichever template it is.
///
/// Training teaches it with the answer; whoever generates takes it off again, so that a client gets the answer alone.
public struct AnswerFrame: Sendable, Hashable {
    /// What comes before the text of an answer without reasoning, and behind the text before the token that ends the turn.
    public let prefix: String
    public let suffix: String
    /// What the template writes before and behind the reasoning of an answer; nil where it writes none.
    public let reasoning: Reasoning?

    public struct Reasoning: Sendable, Hashable {
        public let opening: String
        public let closing: String

        public init(opening: String, closing: String) {
            self.opening = opening
            self.closing = closing
        }
    }

    public init(prefix: String, suffix: String, reasoning: Reasoning?) {
        self.prefix = prefix
        self.suffix = suffix
        self.reasoning = reasoning
    }

    /// The content of an answer, and the reasoning before it where there is any.
    ///
    /// - Parameters:
    ///   - text: what a model has generated.
    ///   - isWhole: whether it is all of it. If not, what may still turn out to belong to the frame is held back, and
    ///     what is given only grows as the text does: the way to stream.
    public func content(ofGenerated text: String, isWhole: Bool = true) -> (content: String, reasoning: String?) {
        let bytes = Array(text.utf8)
        if let reasoning, let split = reasoning.split(bytes, isWhole: isWhole) {
            return (withoutSuffix(split.content, isWhole), split.reasoning.isEmpty ? nil : split.reasoning)
        }
        let prefix = Array(prefix.utf8)
        if bytes.starts(with: prefix) { return (withoutSuffix(bytes[prefix.count...], isWhole), nil) }
        if !isWhole, prefix.starts(with: bytes) { return ("", nil) }
        return (withoutSuffix(bytes[...], isWhole), nil)
    }

    private func withoutSuffix(_ content: ArraySlice<UInt8>, _ isWhole: Bool) -> String {
        let suffix = Array(suffix.utf8)
        let cut: Int
        if isWhole {
            cut = !suffix.isEmpty && content.suffix(suffix.count).elementsEqual(suffix) ? suffix.count : 0
        } else {
            // Its beginning may be the end of what there is so far.
            cut =
                stride(from: min(suffix.count, content.count), to: 0, by: -1).first {
                    content.suffix($0).elementsEqual(suffix.prefix($0))
                } ?? 0
        }
        return String(decoding: content.dropLast(cut), as: UTF8.self)
    }
}

extension AnswerFrame.Reasoning {
    /// Parts a generated text at the closing words, if it begins with the opening ones; white space around both is the
    /// frame's. nil for a text without reasoning.
    fileprivate func split(
        _ text: [UInt8], isWhole: Bool
    ) -> (content: ArraySlice<UInt8>, reasoning: String)? {
        let opening = Array(bare(Array(self.opening.utf8)[...]))
        let closing = Array(bare(Array(self.closing.utf8)[...]))
        let begun = text.drop { $0 <= 0x20 }
        guard !opening.isEmpty, !closing.isEmpty else { return nil }
        guard begun.starts(with: opening) else {
            // Too little to know yet.
            return !isWhole && opening.starts(with: begun) ? ([], "") : nil
        }
        let inner = begun.dropFirst(opening.count)
        guard let close = inner.place(of: closing) else {
            let held = isWhole ? 0 : min(inner.count, closing.count + 2)
            return ([], String(decoding: bare(inner.dropLast(held)), as: UTF8.self))
        }
        let said = inner[close.upperBound...]
        // What the template writes behind the closing word is white space of its own.
        let content = said.drop { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
        return (content, String(decoding: bare(inner[..<close.lowerBound]), as: UTF8.self))
    }

    private func bare(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        let end = text.lastIndex { $0 > 0x20 }.map { $0 + 1 } ?? text.startIndex
        return text[..<end].drop { $0 <= 0x20 }
    }
}
