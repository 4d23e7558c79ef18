import GGUF
import Randomness
import Testing
import TestSupport
import Tokenizers

@Suite("Merging", .ownThreads) struct TokenizationMergeTests {
    /// The definition, word for word: as long as there is one, do the merge of smallest rank, leftmost first.
    static func mergedPlainly(_ word: [String], _ ranks: [String: Int]) -> [String] {
        var parts = word
        while true {
            var best: (rank: Int, index: Int)?
            for index in parts.indices.dropLast() {
                if let rank = ranks["\(parts[index]) \(parts[index + 1])"], rank < best?.rank ?? .max {
                    best = (rank, index)
                }
            }
            guard let best else { return parts }
            parts[best.index] += parts.remove(at: best.index + 1)
        }
    }

    @Test("random merges of random words, also where a later merge allows an earlier one", arguments: 0..<40)
    func random(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let letters = ["a", "b", "c"]
        var parts = letters
        var merges: [String] = []
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            guard let left = parts.randomElement(using: &random), let right = parts.randomElement(using: &random),
                left.utf8.count + right.utf8.count < 12
            else { continue }
            let merge = "\(left) \(right)"
            if merges.contains(merge) { continue }
            merges.append(merge)
            parts.append(left + right)
        }
        // Ranks that no training would give.
        merges.shuffle(using: &random)
        let tokenizer = try Tokenizer(metadata: TokenizationSamples.bytePairMetadata(merges: merges))
        let ranks = Dictionary(uniqueKeysWithValues: merges.enumerated().map { ($0.element, $0.offset) })
        // Short words are scanned, longer ones queued, those over 512 symbols merged by windows.
        for length in [2, 7, 48, 49, 300, 513, 1400] {
            let word = (0..<length).map { _ in letters[Int.random(in: 0..<3, using: &random)] }
            let repeated = Array(repeating: letters[Int.random(in: 0..<3, using: &random)], count: length)
            for word in [word, repeated] {
                let expected = TokenizationMergeTests.mergedPlainly(word, ranks).map { tokenizer.id(ofPiece: $0) }
                #expect(try tokenizer.encode(word.joined()) == expected)
            }
        }
    }

    @Test("what follows may undo merges far to the left: past the overlap of two windows")
    func chain() throws {
        // The later pair merges first, so that every second letter decides about all before it.
        let letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)
        let merges = zip(letters, letters.dropFirst()).map { "\($0) \($1)" }.reversed()
        let tokenizer = try Tokenizer(metadata: TokenizationSamples.bytePairMetadata(merges: Array(merges)))
        let ranks = Dictionary(uniqueKeysWithValues: merges.enumerated().map { ($0.element, $0.offset) })
        for length in 455...515 {
            let word = Array(repeating: "a", count: length) + letters + ["a", "a"]
            let expected = TokenizationMergeTests.mergedPlainly(word, ranks).map { tokenizer.id(ofPiece: $0) }
            #expect(try tokenizer.encode(word.joined()) == expected)
        }
    }

    @Test("what follows may undo every merge of a very long word", arguments: [24_000, 23_999])
    func longChain(length: Int) throws {
        let scalars = (0x3400..<0x4DC0).map { $0 } + Array(0x4E00..<0xA000) + Array(0xAC00..<0xD7A4)
        let characters = scalars.prefix(length).compactMap { Unicode.Scalar($0).map(String.init) }
        let pairs = zip(characters, characters.dropFirst()).enumerated().map { ($1.0 + $1.1, Float($0)) }
        var metadata = TokenizationSamples.sentencePieceMetadata(
            pieces: [(characters[0], -1)] + pairs, hasBytes: false)
        metadata.set("tokenizer.ggml.add_space_prefix", .bool(false))
        // Ids: 3 is the first character, 4 the first pair. The last pair merges first, then every second before it.
        let first = length % 2
        let expected: [TokenID] =
            Array(repeating: 3, count: first) + stride(from: first, to: length, by: 2).map { 4 + TokenID($0) }
        #expect(try Tokenizer(metadata: metadata).encode(characters.joined()) == expected)
    }

    @Test("a product that is no token is spelled, a byte without a token is dropped")
    func productsWithoutToken() throws {
        var metadata = TokenizationSamples.bytePairMetadata(merges: ["a b", "b c"])
        var texts = try metadata.strings("tokenizer.ggml.tokens")
        texts[256] = "<not ab>"
        texts[Int(UInt8(ascii: "z"))] = "<not z>"
        metadata.set("tokenizer.ggml.tokens", .array(GGUFArray(texts)))
        let tokenizer = try Tokenizer(metadata: metadata)
        #expect(try tokenizer.encode("abc") == [97, 98, 99])
        #expect(try tokenizer.encode("bc") == [257])
        #expect(try tokenizer.encode("yzy") == [121, 121])
    }

    @Test("of equal scores the leftmost pair merges first, of others the highest")
    func scores() throws {
        let pieces: [(String, Float)] = [("a", -9), ("b", -9), ("aa", -1), ("ab", -1), ("ba", -0.5), ("▁", -9)]
        var metadata = TokenizationSamples.sentencePieceMetadata(pieces: pieces)
        metadata.set("tokenizer.ggml.add_space_prefix", .bool(false))
        let tokenizer = try Tokenizer(metadata: metadata)
        func parts(_ text: String) throws -> [String] {
            try tokenizer.encode(text).map { String(decoding: tokenizer.piece($0), as: UTF8.self) }
        }
        #expect(try parts("aaa") == ["aa", "a"])
        #expect(try parts("aab") == ["aa", "b"])
        #expect(try parts("aba") == ["a", "ba"])
        #expect(try parts("aab aaba") == ["aa", "b", " ", "aa", "ba"])
    }
}
