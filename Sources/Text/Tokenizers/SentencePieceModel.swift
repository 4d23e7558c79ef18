/// SentencePiece's byte-pair encoding (`tokenizer.ggml.model` = `llama`; Kudo & Richardson 2018, arXiv:1808.06226): the
/// characters of a text are merged, the pair that makes the token of highest score first; characters that end up as no
/// token are spelled in byte tokens (`<0x0A>`).
///
/// Spaces are U+2581 in the vocabulary; here both are one character, the space. Any symbol may merge with any other, so
/// there are no words; but where no token has the two bytes on either side of a place next to each other, no merge can
/// cross it, and the text may be cut there without changing a single id. This is what makes long texts linear.
struct SentencePieceModel: Sendable {
    /// Token texts with the space for U+2581.
    private let tokens: ByteStringTable
    /// Each token's place in the order of merging: 0 for the highest score, equal for equal scores.
    private let ranks: [Int32]
    /// The token of each byte, or -1.
    private let byteTokens: [TokenID]
    /// For each pair of bytes (left × 256 + right), whether some token holds a character that ends with the left one
    /// and then one that begins with the right one.
    private let joins: [Bool]

    init(vocabulary: Vocabulary) {
        var tokens = ByteStringTable(capacity: vocabulary.count)
        var joins = [Bool](repeating: false, count: 1 << 16)
        for id in 0..<vocabulary.count {
            let text = Array(vocabulary.text(id))
            // A text that is encoded has no plain spaces left, so such a token cannot come about by merging.
            if text.contains(SpacedText.space) { continue }
            let plain = text.withUnsafeBufferPointer { SpacedText($0, 0..<text.count, addsSpacePrefix: false).bytes }
            tokens.insert(plain, Int32(id))
            var previous = 0
            while previous < plain.count {
                let next = previous + UTF8Scan.length(plain[previous])
                if next < plain.count { joins[Int(plain[next - 1]) << 8 | Int(plain[next])] = true }
                previous = next
            }
        }
        self.tokens = tokens
        self.joins = joins

        let scores = vocabulary.scores
        var ranks = [Int32](repeating: 0, count: vocabulary.count)
        if !scores.isEmpty {
            let order = (0..<vocabulary.count).sorted { scores[$0] > scores[$1] }
            var rank: Int32 = 0
            for (place, id) in order.enumerated() {
                if place > 0 && scores[id] != scores[order[place - 1]] { rank += 1 }
                ranks[id] = rank
            }
        }
        self.ranks = ranks
        byteTokens = (0..<256).map { byte in
            let digits = String(byte, radix: 16, uppercase: true)
            let name = "<0x" + (digits.count < 2 ? "0" : "") + digits + ">"
            return vocabulary.id(of: name) ?? vocabulary.id(of: CollectionOfOne(UInt8(byte))) ?? -1
        }
    }

    /// Encodes `range` of a text, with a space put before it if asked for.
    ///
    /// - Parameter plain: with it, no mark comes about by merging characters either.
    /// - Throws: ``TokenizerError/unencodableCharacter(_:utf8Offset:)``.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, addsSpacePrefix: Bool, _ plain: PlainRanges?,
        into sink: inout TokenSink
    ) throws {
        let source = SpacedText(text, range, addsSpacePrefix: addsSpacePrefix)
        try source.bytes.withUnsafeBufferPointer { spaced in
            let rules = Rules(tokens: tokens, ranks: ranks, text: spaced, plain: plain)
            var merger = SymbolMerger()
            var start = 0
            // Where the characters of a stretch begin, and where it ends.
            var places: [Int32] = []
            while start < spaced.count {
                places.removeAll(keepingCapacity: true)
                repeat {
                    places.append(Int32(truncatingIfNeeded: start))
                    start += UTF8Scan.length(spaced[start])
                } while start < spaced.count && joins[Int(spaced[start - 1]) << 8 | Int(spaced[start])]
                places.append(Int32(truncatingIfNeeded: start))
                merger.merge(count: places.count - 1, rules) { place in
                    Symbol(start: places[place], length: places[place &+ 1] &- places[place], id: -1)
                }
                for symbol in merger.symbols { try emit(symbol, spaced, source, plain, into: &sink) }
            }
        }
    }

    private func emit(
        _ symbol: Symbol, _ spaced: UnsafeBufferPointer<UInt8>, _ source: SpacedText, _ plain: PlainRanges?,
        into sink: inout TokenSink
    ) throws {
        let range = Int(symbol.start)..<Int(symbol.start + symbol.length)
        let piece = UnsafeBufferPointer(rebasing: spaced[range])
        let id = symbol.id >= 0 ? symbol.id : tokens.value(of: UnsafeRawBufferPointer(piece))
        if id >= 0, plain?.isMark(id) != true { return sink.append(id, source.range(of: range)) }

        // No token: one character, in bytes. A space is its mark again.
        let isSpace = piece[0] == SpacedText.space
        for (index, byte) in (isSpace ? SpacedText.spaceMark : Array(piece)).enumerated() {
            let id = byteTokens[Int(byte)]
            guard id >= 0 else {
                let scalar = isSpace ? 0x2581 : UTF8Scan.character(piece, 0).scalar
                throw TokenizerError.unencodableCharacter(scalar, utf8Offset: source.range(of: range).lowerBound)
            }
            let place = range.lowerBound + index
            sink.append(id, source.range(of: isSpace ? range : place..<(place + 1)))
        }
    }

    /// Two symbols merge when their bytes together are a token.
    private struct Rules: MergeRules {
        let tokens: ByteStringTable
        let ranks: [Int32]
        let text: UnsafeBufferPointer<UInt8>
        let plain: PlainRanges?

        @inline(__always)
        func merge(_ left: Symbol, _ right: Symbol) -> (rank: Int32, product: Int32)? {
            let start = Int(left.start)
            let bytes = UnsafeBufferPointer(rebasing: text[start..<(start &+ Int(left.length &+ right.length))])
            let id = tokens.value(of: UnsafeRawBufferPointer(bytes))
            return id < 0 || plain?.isMark(id) == true ? nil : (ranks[Int(id)], id)
        }
    }
}
