extension Tokenizer {
    /// The ids of a text.
    ///
    /// - Parameters:
    ///   - addSpecial: puts the beginning-of-text token before the text and the end-of-text token behind it, as far as
    ///     the model wants them.
    ///   - parseSpecial: takes the special tokens that are spelled out in the text for what they mean. Never with text
    ///     that a user wrote.
    /// - Throws: ``TokenizerError`` for a character that the vocabulary cannot express, or a text over 1 GB.
    public func encode(_ text: String, addSpecial: Bool = false, parseSpecial: Bool = false) throws -> [TokenID] {
        try tokenize(text, addSpecial, parseSpecial, plain: nil, recordsRanges: false).ids
    }

    /// The ids of a text and the bytes that each stands for, so that a loss can be masked by message.
    ///
    /// The same ids as ``encode(_:addSpecial:parseSpecial:)``.
    public func encodeWithRanges(
        _ text: String, addSpecial: Bool = false, parseSpecial: Bool = false
    ) throws -> TokenizedText {
        let sink = try tokenize(text, addSpecial, parseSpecial, plain: nil, recordsRanges: true)
        return TokenizedText(ids: sink.ids, utf8Ranges: sink.ranges)
    }

    /// The ids of a text that a template wrote around what people wrote, and the bytes that each stands for.
    ///
    /// The template's special tokens mean what they mean; spelled out by people they are text. A character that the
    /// vocabulary cannot express is an error here, for every kind of tokenizer.
    ///
    /// - Parameters:
    ///   - plain: the bytes of the text that people wrote, in ascending order.
    ///   - continues: whether other text, no special token, stands before this one.
    public func encodeWithRanges(
        _ text: String, plain: [Range<Int>], continues: Bool = false
    ) throws -> TokenizedText {
        let sink = try tokenize(
            text, false, true, plain: PlainRanges(ranges: plain, marks: marks), continues: continues,
            recordsRanges: true)
        return TokenizedText(ids: sink.ids, utf8Ranges: sink.ranges)
    }

    private func tokenize(
        _ text: String, _ addSpecial: Bool, _ parseSpecial: Bool, plain: PlainRanges?, continues: Bool = false,
        recordsRanges: Bool
    ) throws -> TokenSink {
        var text = text
        return try text.withUTF8 { bytes in
            guard bytes.count < Int(Int32.max) / 2 else { throw TokenizerError.textTooLong(byteCount: bytes.count) }
            var sink = TokenSink(recordsRanges: recordsRanges, capacity: bytes.count / 3 + 2)
            if addSpecial, addsBeginningOfText, let id = beginningOfText { sink.append(id, 0..<0) }
            // SentencePiece puts a space before a text, and again before what follows a special token.
            var followsSpecial = !continues
            for fragment in (parseSpecial ? parsedOnRequest : alwaysParsed).fragments(of: bytes, plain: plain) {
                switch fragment {
                case .token(let id, let range):
                    sink.append(id, range)
                    followsSpecial = true
                case .text(let range):
                    switch model {
                    case .bytePair(let model): try model.encode(bytes, range, plain, into: &sink)
                    case .sentencePiece(let model):
                        try model.encode(
                            bytes, range, addsSpacePrefix: addsSpacePrefix && followsSpecial, plain, into: &sink)
                    }
                    followsSpecial = false
                }
            }
            if addSpecial, addsEndOfText, let id = endOfText { sink.append(id, bytes.count..<bytes.count) }
            return sink
        }
    }
}
