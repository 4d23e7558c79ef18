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
    private let substitutes: [Substitute]
    /// Tokens of several bytes that no merge makes: texts never become them, so the file is not whole.
    let unreachableCount: Int
    /// Merges that are no pair of symbols.
    let unreadableMergeCount: Int

    private struct Substitute: Sendable {
        var ids: [TokenID]
        /// Whether the ids spell all of the symbol.
        var isWhole: Bool
    }

    init(vocabulary: Vocabulary, merges list: GGUFArray, preTokenizer: PreTokenizer) {
        self.preTokenizer = preTokenizer
        wordsMayBeTokens = preTokenizer.keepsWholeTokens
        vocabularySize = Int32(vocabulary.count)

        var symbols = ByteStringTable(capacity: vocabulary.count + 512)
        var isLong = [Bool](repeating: false, count: vocabulary.count)
        for id in 0..<vocabulary.count {
            guard let bytes = ByteAlphabet.decode(vocabulary.text(id)) else { continue }
            symbols.insert(bytes, Int32(id))
            isLong[id] = bytes.count > 1
        }
        tokens = symbols

        var substitutes: [Substitute] = []
        func symbol(_ bytes: [UInt8]) -> Int32 {
            let next = Int32(vocabulary.count + substitutes.count)
            let id = symbols.insert(bytes, next)
            if id == next {
                let ids = ByteAlphabet.encode(bytes).map { vocabulary.id(of: CollectionOfOne($0)) }
                substitutes.append(
                    Substitute(ids: ids.compactMap(\.self), isWhole: ids.allSatisfy { $0 != nil }))
            }
            return id
        }
        byteSymbols = (0..<256).map { symbol([UInt8($0)]) }

        var table = MergeTable(capacity: list.count)
        var rank: Int32 = 0
        var unreadable = 0
        var isProduct = [Bool](repeating: false, count: vocabulary.count)
        list.forEachString { line in
            defer { rank += 1 }
            // The space between the two is the first one behind the first byte.
            guard let space = line.dropFirst().firstIndex(of: UInt8(ascii: " ")),
                let left = ByteAlphabet.decode(line[..<space]),
                let right = ByteAlphabet.decode(line[(space + 1)...]), !right.isEmpty
            else {
                unreadable += 1
                return
            }
            let product = symbol(left + right)
            if product < vocabulary.count { isProduct[Int(product)] = true }
            table.insert(left: symbol(left), right: symbol(right), rank: rank, product: product)
        }
        unreadableMergeCount = unreadable
        unreachableCount = vocabulary.attributes.indices.count {
            vocabulary.attributes[$0] == .normal && isLong[$0] && !isProduct[$0]
        }
        merges = table
        self.substitutes = substitutes
    }

    /// Encodes `range` of a text.
    ///
    /// - Parameter plain: with it, no word is a mark, and nothing is dropped.
    /// - Throws: ``TokenizerError/unencodableCharacter(_:utf8Offset:)``, with `plain` alone.
    func encode(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, _ plain: PlainRanges?, into sink: inout TokenSink
    ) throws {
        var merger = SymbolMerger()
        var lost: Int?
        preTokenizer.forEachWord(of: text, in: range) { word in
            encode(word: text, word, &merger, plain, &lost, into: &sink)
        }
        guard plain != nil, var place = lost else { return }
        while place > range.lowerBound, text[place] & 0xC0 == 0x80 { place -= 1 }
        throw TokenizerError.unencodableCharacter(UTF8Scan.character(text, place).scalar, utf8Offset: place)
    }

    @inline(__always)
    private func encode(
        word text: UnsafeBufferPointer<UInt8>, _ word: Range<Int>, _ merger: inout SymbolMerger,
        _ plain: PlainRanges?, _ lost: inout Int?, into sink: inout TokenSink
    ) {
        if wordsMayBeTokens {
            let id = tokens.value(of: UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: text[word])))
            if id >= 0, plain?.isMark(id) != true { return sink.append(id, word) }
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
                let substitute = substitutes[Int(symbol.id - vocabularySize)]
                if !substitute.isWhole { lost = lost ?? range.lowerBound }
                for id in substitute.ids { sink.append(id, range) }
            }
        }
    }
}
