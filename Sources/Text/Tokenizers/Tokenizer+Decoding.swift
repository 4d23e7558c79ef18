extension Tokenizer {
    /// The bytes of one token, special or not: for streaming, where a character may come in several tokens.
    ///
    /// Nothing for an id outside the vocabulary. The pieces of a text, one after the other, are its ``decode(_:removeSpecial:unparseSpecial:)``
    /// before the leading space is taken off and spaces are cleaned up.
    public func piece(_ id: TokenID) -> [UInt8] {
        guard id >= 0, Int(id) < vocabulary.count else { return [] }
        let attributes = vocabulary.attributes[Int(id)]
        let text = vocabulary.text(Int(id))
        if !attributes.isDisjoint(with: .special) { return Array(text) }
        if attributes.contains(.normal) {
            return switch model {
            case .bytePair: Tokenizer.unspelled(text)
            case .sentencePiece:
                text.withUnsafeBufferPointer { SpacedText($0, 0..<$0.count, addsSpacePrefix: false).bytes }
            }
        }
        return attributes.contains(.byte) ? [vocabulary.byte(of: Int(id))] : []
    }

    /// The text of ids.
    ///
    /// The space that SentencePiece puts before a text is taken off; tokenizers whose authors asked for it have spaces
    /// before punctuation cleaned up. Bytes that are no UTF-8 become U+FFFD (``decodeBytes(_:removeSpecial:unparseSpecial:)``
    /// keeps them). Ids outside the vocabulary are skipped.
    ///
    /// - Parameters:
    ///   - removeSpecial: leaves out the beginning-of-text and end-of-text tokens that encoding added.
    ///   - unparseSpecial: shows special tokens as their text instead of leaving them out.
    public func decode(
        _ ids: some Sequence<TokenID>, removeSpecial: Bool = false, unparseSpecial: Bool = true
    ) -> String {
        String(
            decoding: decodeBytes(ids, removeSpecial: removeSpecial, unparseSpecial: unparseSpecial), as: UTF8.self)
    }

    /// ``decode(_:removeSpecial:unparseSpecial:)`` before it becomes a string: byte tokens may be part of a character.
    public func decodeBytes(
        _ ids: some Sequence<TokenID>, removeSpecial: Bool = false, unparseSpecial: Bool = true
    ) -> [UInt8] {
        var ids = Array(ids)[...]
        var removesSpace = addsSpacePrefix
        if removeSpecial {
            if addsBeginningOfText, let first = ids.first, first == beginningOfText {
                removesSpace = false
                ids.removeFirst()
            }
            if addsEndOfText, let last = ids.last, last == endOfText { ids.removeLast() }
        }
        var text: [UInt8] = []
        for id in ids where id >= 0 && Int(id) < vocabulary.count {
            let isHidden = !unparseSpecial && !vocabulary.attributes[Int(id)].isDisjoint(with: .hidden)
            if !isHidden {
                let piece = piece(id)
                text += removesSpace && piece.first == UInt8(ascii: " ") ? piece.dropFirst() : piece[...]
            }
            removesSpace = false
        }
        return cleansSpaces ? SpaceCleanup.clean(text) : text
    }

    /// The bytes that a byte-level token's text spells. Characters that spell no byte are shown as the reference shows
    /// them, with the whole text behind each.
    private static func unspelled(_ text: ArraySlice<UInt8>) -> [UInt8] {
        if let bytes = ByteAlphabet.decode(text) { return bytes }
        var result: [UInt8] = []
        for scalar in String(decoding: text, as: UTF8.self).unicodeScalars {
            if let byte = ByteAlphabet.byte(of: scalar.value) {
                result.append(byte)
            } else {
                let digits = String(scalar).utf8.map { byte in
                    let digits = String(byte, radix: 16)
                    return digits.count < 2 ? "0" + digits : digits
                }
                result += "[UNK_BYTE_0x\(digits.joined())".utf8
                result += text
                result.append(UInt8(ascii: "]"))
            }
        }
        return result
    }
}
