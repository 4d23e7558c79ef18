import Foundation
import GGUF
import Testing
import TestSupport
import Tokenizers

@Suite("Tokenizers made in memory")
struct TokenizationTests {
    // MARK: Text that trips up strings

    @Test("canonically equivalent texts stay different")
    func canonicalEquivalence() throws {
        // U+00E9, and e with U+0301.
        let metadata = TokenizationSamples.sentencePieceMetadata(pieces: [
            ("\u{E9}", -1), ("e\u{301}", -2), ("e", -3), ("\u{301}", -4),
        ])
        let tokenizer = try Tokenizer(metadata: metadata)
        let first = TokenID(259)
        let space: [TokenID] = [0xE2, 0x96, 0x81].map { $0 + 3 }
        #expect(try tokenizer.encode("\u{E9}") == space + [first])
        #expect(try tokenizer.encode("e\u{301}") == space + [first + 1])
        #expect(tokenizer.id(ofPiece: "e\u{301}") == first + 1)
        #expect(tokenizer.id(ofPiece: "\u{E9}") == first)
    }

    @Test("NUL is a character like any other")
    func nul() throws {
        let tokenizer = try Tokenizer(metadata: TokenizationSamples.bytePairMetadata())
        #expect(try tokenizer.encode("a\0b\0") == [97, 0, 98, 0])
        #expect(tokenizer.decode([97, 0, 98]) == "a\0b")
    }

    @Test("tokens that are not UTF-8 keep their bytes")
    func invalidUTF8() throws {
        var metadata = TokenizationSamples.sentencePieceMetadata(pieces: [("a", -1)])
        var texts = try metadata.stringBytes("tokenizer.ggml.tokens")
        texts[259] = [0xFF, 0xC3]
        metadata.set("tokenizer.ggml.tokens", .array(GGUFArray(stringBytes: texts)))
        let tokenizer = try Tokenizer(metadata: metadata)
        #expect(tokenizer.piece(259) == [0xFF, 0xC3])
        #expect(tokenizer.decodeBytes([259, 259]) == [0xFF, 0xC3, 0xFF, 0xC3])
        #expect(try tokenizer.encode("a").last == 97 + 3)
    }

    // MARK: Special tokens

    private func specialTokenizer() throws -> Tokenizer {
        var metadata = TokenizationSamples.bytePairMetadata(more: [
            ("<a>", TokenizationSamples.control), ("<a><b>", TokenizationSamples.control),
            ("><b", TokenizationSamples.control), ("[u]", TokenizationSamples.userDefined),
            ("<|im_end|>", TokenizationSamples.normal), ("<s>", TokenizationSamples.control),
            ("<|return|>", TokenizationSamples.control),
        ])
        metadata.set("tokenizer.ggml.bos_token_id", .uint32(261))
        metadata.set("tokenizer.ggml.eos_token_id", .uint32(256))
        metadata.set("tokenizer.ggml.add_bos_token", .bool(true))
        return try Tokenizer(metadata: metadata)
    }

    @Test("the longest special token wins, wherever it stands; what is left may hold others")
    func longestFirst() throws {
        let tokenizer = try specialTokenizer()
        func parsed(_ text: String) throws -> [TokenID] { try tokenizer.encode(text, parseSpecial: true) }
        #expect(try parsed("<a><b>") == [257])
        #expect(try parsed("x<a>") == [120, 256])
        // "><b" is as long as "<a>" and has the higher id, so that "<a>" comes first.
        #expect(try parsed("<a><b") == [256, 60, 98])
        #expect(try parsed("<a<a><b>") == [60, 97, 257])
    }

    @Test("control tokens only on request, user-defined ones always")
    func parsing() throws {
        let tokenizer = try specialTokenizer()
        #expect(try tokenizer.encode("[u]<a>") == [259, 60, 97, 62])
        #expect(try tokenizer.encode("[u]<a>", parseSpecial: true) == [259, 256])
        // A token that ends a turn is a control token, whatever the file says.
        #expect(try tokenizer.encode("<|im_end|>").count == 10)
        #expect(try tokenizer.encode("<|im_end|>", parseSpecial: true) == [260])
        #expect(tokenizer.isEndOfGeneration(260))
        #expect(tokenizer.isEndOfGeneration(256))
        #expect(!tokenizer.isEndOfGeneration(257))
    }

    @Test("what is added, and what decoding leaves out")
    func addedTokens() throws {
        let tokenizer = try specialTokenizer()
        #expect(try tokenizer.encode("a", addSpecial: true) == [261, 97])
        #expect(tokenizer.addsBeginningOfText && !tokenizer.addsEndOfText)
        #expect(tokenizer.decode([261, 97, 256]) == "<s>a<a>")
        #expect(tokenizer.decode([261, 97, 256], removeSpecial: true) == "a<a>")
        #expect(tokenizer.decode([261, 97, 256], unparseSpecial: false) == "a")
        #expect(tokenizer.decode([97, 259], unparseSpecial: false) == "a[u]")
    }

    @Test("phi-3 swallows white space behind its special tokens")
    func stripping() throws {
        var metadata = TokenizationSamples.sentencePieceMetadata(
            pieces: [("▁", -3), ("a", -1)], more: [("<|end|>", TokenizationSamples.control)])
        metadata.set("general.name", "Phi-3 mini")
        let tokenizer = try Tokenizer(metadata: metadata)
        let tokenized = try tokenizer.encodeWithRanges("<|end|> \n a<s> a", parseSpecial: true)
        #expect(tokenized.ids == [261, 259, 260, 1, 259, 259, 260])
        #expect(tokenized.utf8Ranges == [0..<7, 10..<10, 10..<11, 11..<14, 14..<14, 14..<15, 15..<16])
    }

    @Test("a million newlines with a token for every run of them")
    func runsOfUserDefinedTokens() throws {
        let runs = (1...31).map { (String(repeating: "\n", count: $0), TokenizationSamples.userDefined) }
        let tokenizer = try Tokenizer(metadata: TokenizationSamples.bytePairMetadata(more: runs))
        let ids = try tokenizer.encode(String(repeating: "\n", count: 1_000_000))
        #expect(ids.count == 32259 && Set(ids.dropLast()) == [256 + 30] && ids.last == 256 + 1_000_000 % 31 - 1)
    }

    // MARK: SentencePiece

    @Test("ranges point into the text, not into what it was turned into")
    func ranges() throws {
        let tokenizer = try Tokenizer(
            metadata: TokenizationSamples.sentencePieceMetadata(pieces: [("▁a", -1), ("a", -2), ("▁", -3)]))
        let tokenized = try tokenizer.encodeWithRanges("a▁a é a", addSpecial: true)
        #expect(tokenized.ids == [1, 259, 259, 261, 0xC3 + 3, 0xA9 + 3, 259])
        #expect(tokenized.utf8Ranges == [0..<0, 0..<1, 1..<5, 5..<6, 6..<7, 7..<8, 8..<10])
        #expect(tokenizer.decode(tokenized.ids, removeSpecial: true) == " a a é a")
        #expect(tokenizer.decode(tokenized.ids.dropFirst()) == "a a é a")
    }

    @Test("without byte tokens, a character that is no token is an error that says where it is")
    func unencodable() throws {
        let tokenizer = try Tokenizer(
            metadata: TokenizationSamples.sentencePieceMetadata(
                pieces: [("▁", -3), ("a", -2)], hasBytes: false))
        #expect(try tokenizer.encode("a a") == [3, 4, 3, 4])
        let error = #expect(throws: TokenizerError.unencodableCharacter(0x1F600, utf8Offset: 4)) {
            try tokenizer.encode("a a \u{1F600}")
        }
        #expect(
            error?.description == "text cannot be encoded: the vocabulary has no token for U+1F600 at byte 4, expected"
                + " one of its characters (it has no byte tokens)")
    }

    // MARK: Decoding

    @Test("spaces are cleaned up where the pre-tokenizer's authors wanted it")
    func cleanup() throws {
        let text = "a , b . c ! d ? it 's I 'm we 're you 've he 'd ' q"
        let cleaned = "a, b. c! d? it's I'm we're you've he 'd'q"
        for (name, expected) in [("gpt-2", cleaned), ("qwen2", text)] {
            let tokenizer = try Tokenizer(metadata: TokenizationSamples.bytePairMetadata(preTokenizer: name))
            #expect(tokenizer.decode(try tokenizer.encode(text)) == expected)
        }
    }

    @Test("ids outside the vocabulary have no text")
    func outside() throws {
        let tokenizer = try Tokenizer(metadata: TokenizationSamples.bytePairMetadata())
        #expect(tokenizer.piece(-1).isEmpty && tokenizer.piece(256).isEmpty)
        #expect(tokenizer.decode([-1, 97, 1 << 30]) == "a")
    }

    // MARK: Bad metadata

    @Test("what is wrong with the metadata is named")
    func badMetadata() throws {
        func error(_ change: (inout GGUFMetadata) -> Void) -> String {
            var metadata = TokenizationSamples.bytePairMetadata()
            change(&metadata)
            do {
                _ = try Tokenizer(metadata: metadata)
                return "none"
            } catch { return "\(error)" }
        }
        #expect(error { _ in } == "none")
        #expect(
            error { $0.set("tokenizer.ggml.model", "bert") }
                == "tokenizer.ggml.model: \"bert\" is not supported yet, expected llama (SentencePiece) or gpt2"
                + " (byte-level BPE)")
        #expect(error { $0.remove("tokenizer.ggml.model") }.contains("tokenizer.ggml.model"))
        #expect(error { $0.remove("tokenizer.ggml.tokens") }.contains("tokenizer.ggml.tokens"))
        #expect(error { $0.remove("tokenizer.ggml.merges") }.contains("tokenizer.ggml.merges"))
        #expect(
            error { $0.set("tokenizer.ggml.merges", .array(GGUFArray([Int32(1)]))) }
                == "tokenizer.ggml.merges: expected an array of strings")
        #expect(
            error { $0.set("tokenizer.ggml.tokens", .array(GGUFArray(["a", "b", "a"]))) }
                == "tokenizer.ggml.tokens: tokens 0 and 2 have the same text")
        #expect(
            error { $0.set("tokenizer.ggml.scores", .array(GGUFArray([Float(1)]))) }
                == "tokenizer.ggml.scores: 1 elements, expected one for each of the 256 tokens")
        #expect(
            error { $0.set("tokenizer.ggml.scores", .array(GGUFArray([Float](repeating: .nan, count: 256)))) }
                == "tokenizer.ggml.scores: the score of token 0 is not a number")
        #expect(
            error {
                $0.set("tokenizer.ggml.add_bos_token", .bool(true))
                $0.set("tokenizer.ggml.pre", "glm4")
            } == "tokenizer.ggml.add_bos_token: true, but tokenizer.ggml.bos_token_id is not set")
    }

    // MARK: The bundled model

    @Test("the bundled base, against llama.cpp's ids")
    func bundledBase() throws {
        let tokenizer = try Tokenizer(metadata: GGUFFile(path: Checkout.base).metadata)
        let text = "Hello there, I'd like to cancel my order. naïve 猫 <|im_end|>"
        let ids: [TokenID] = [
            2657, 405, 15, 309, 566, 349, 291, 464, 70, 319, 598, 1979, 17, 313, 68, 131, 111, 324, 224, 167, 238, 108,
            224,
        ]
        #expect(try tokenizer.encode(text) == ids + [31, 95, 403, 66, 545, 95, 33])
        #expect(try tokenizer.encode(text, addSpecial: true, parseSpecial: true) == ids + [2])
        #expect(tokenizer.decode(ids + [2]) == text)
        #expect((0..<4096).filter(tokenizer.isEndOfGeneration) == [0, 2])
    }
}
