import GGUF

/// Byte-level byte-pair encoding (`tokenizer.ggml.model` = `gpt2`): a text is cut into words by a pre-tokenizer, and the
/// bytes of each word are merged, the lowest-ranking pair first (Sennrich et al. 2016, arXiv:1508.07909).
///
/// Works on plain bytes; the vocabulary's spelling of them (``ByteAlphabet``) is undone once, here. A symbol's number is
/// the id of the token with its bytes, or, for the few that are no token, a number behind the vocabulary.
struct BytePairModel: Sendable {
    private let preTokenizer: PreTokenizer
    /// Whether a word that is a token stays one, whatever its merges say.
    private let wordsMayBeTokens: Bool
    private let tokens: ByteStringTable
    private let merges: MergeTable
    private let byteSymbols: [Int32]
    private let vocabularySize: Int32
    /// What stands for each symbol that is no token. The reference spells it byte by byte and silently drops bytes that
    /// have no token either; so do we, to the last id.
    private let substitutes: [[TokenID]]

    init(vocabulary: Vocabulary, merges list: GGUFArray, preTokenizer: PreTokenizer) {
        self.preTokenizer = preTokenizer
        wordsMayBeTokens = preTokenizer.keepsWholeTokens
        vocabularySize = Int32(vocabulary.count)

        var symbols = ByteStringTable(capacity: vocabulary.count + 512)
        for id in 0..<vocabulary.count {
            if let bytes = ByteAlphabet.decode(vocabulary.text(id)) { symbols.insert(bytes, Int32(id)) }
        }
        tokens = symbols

        var substitutes: [[TokenID]] = []
        func symbol(_ bytes: [UInt8]) -> Int32 {
            let next = Int32(vocabulary.count + substitutes.count)
            let id = symbols.insert(bytes, next)
            if id == next {
                substitutes.append(ByteAlphabet.encode(bytes).compactMap { vocabulary.id(of: CollectionOfOne($0)) })
            }
            return id
        }
        byteSymbols = (0..<256).map { symbol([UInt8($0)]) }

        var table = MergeTable(capacity: list.count)
        var rank: Int32 = 0
        list.forEachString { line in
            defer { rank += 1 }
            // The space between the two is the first one behind the first byte.
            guard let space = line.dropFirst().firstIndex(of: UInt8(ascii: " ")),
                let left = ByteAlphabet.decode(line[..<space]),
                let right = ByteAlphabet.decode(line[(space + 1)...]), !right.isEmpty
            else { return }
            table.insert(left: symbol(left), right: symbol(right), rank: rank, product: symbol(left + right))
        }
        merges = table
        self.substitutes = substitutes
    }

    /// Encodes `range` of a text.
    func encode(_ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, into sink: inout TokenSink) {
        var merger = SymbolMerger()
        preTokenizer.forEachWord(of: text, in: range) { word in
            encode(word: text, word, &merger, into: &sink)
        }
    }

    @inline(__always)
    private func encode(
        word text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ merger: inout SymbolMerger,
        into sink: inout TokenSink
    ) {
        if wordsMayBeTokens {
            let id = tokens.value(of: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[word])))
            if id >= 0 { return sink.append(id, word) }
        }
        merger.merge(count: word.count, merges) { place in
            let position = word.lowerBound &+ place
            return Symbol(
                start: Int32(truncatingIfNeeded: position), length: 1, id: byteSymbols[Int(text[position])])
        }
        for symbol in merger.symbols {
            let range = Int(symbol.start)..<Int(symbol.start &+ symbol.length)
            if symbol.id < vocabularySize {
                sink.append(symbol.id, range)
            } else {
                for id in substitutes[Int(symbol.id - vocabularySize)] { sink.append(id, range) }
            }
        }
    }
}
