import Foundation
import JSON
import Testing
import TestSupport
import Tokenizers

@Suite(
    "Tokenizers against llama.cpp's recorded ids",
    .needsFixtures, .ownThreads)
struct TokenizationFixtureTests {
    @Test("llama.cpp's own test vectors", arguments: TokenizationFixtures.vocabularies)
    func vectors(name: String) throws {
        let tokenizer = try TokenizationFixtures.vocabulary(name)
        let base = Fixtures.path("tokenizers/ggml-vocab-\(name).gguf")
        let texts = try String(contentsOfFile: base + ".inp", encoding: .utf8)
            .components(separatedBy: "\n__ggml_vocab_test__\n")
        // Each text has a separator behind it, and each line of ids a newline.
        let expected = try String(contentsOfFile: base + ".out", encoding: .utf8)
            .components(separatedBy: "\n").map { $0.split(separator: " ").compactMap { TokenID($0) } }
        #expect(texts.count == 47 && texts.last == "" && expected.count == 47)
        for (text, ids) in zip(texts, expected).dropLast() {
            #expect(try tokenizer.encode(text) == ids, "\(name): \(text.debugDescription)")
        }
    }

    @Test("edge cases, both ways, special tokens parsed and not", arguments: TokenizationFixtures.vocabularies)
    func edges(name: String) throws {
        let tokenizer = try TokenizationFixtures.vocabulary(name)
        let cases = try #require(
            TokenizationFixtures.json("fixtures/tokenizers/\(name).edge.json")["cases"]?.arrayValue)
        #expect(cases.count == 290)
        for recorded in cases {
            let text = try #require(recorded["text"]?.stringValue)
            let about = Comment(rawValue: "\(name): \(text.debugDescription)")
            let plain = try #require(recorded["plain"])
            let plainIDs = try #require(plain["ids"]?.tokenIDs)
            #expect(try tokenizer.encode(text) == plainIDs, about)
            #expect(tokenizer.decodeBytes(plainIDs) == plain["detok"]?.recordedBytes, about)

            let special = try #require(recorded["special"])
            let specialIDs = try #require(special["ids"]?.tokenIDs)
            #expect(try tokenizer.encode(text, addSpecial: true, parseSpecial: true) == specialIDs, about)
            #expect(tokenizer.decodeBytes(specialIDs) == special["detok"]?.recordedBytes, about)
            #expect(
                tokenizer.decodeBytes(specialIDs, removeSpecial: true, unparseSpecial: false)
                    == special["detok_no_special"]?.recordedBytes, about)
        }
    }

    @Test("ranges cover the text, in order, and say the same ids", arguments: TokenizationFixtures.vocabularies)
    func ranges(name: String) throws {
        let tokenizer = try TokenizationFixtures.vocabulary(name)
        let cases = try #require(
            TokenizationFixtures.json("fixtures/tokenizers/\(name).edge.json")["cases"]?.arrayValue)
        for recorded in cases {
            let text = try #require(recorded["text"]?.stringValue)
            let bytes = Array(text.utf8)
            let tokenized = try tokenizer.encodeWithRanges(text, addSpecial: true, parseSpecial: true)
            #expect(tokenized.ids == recorded["special"]?["ids"]?.tokenIDs)
            #expect(tokenized.utf8Ranges.count == tokenized.ids.count)
            var end = 0
            for range in tokenized.utf8Ranges {
                // Between tokens there is nothing but white space that a special token swallowed.
                if range.lowerBound > end {
                    #expect(bytes[end..<range.lowerBound].allSatisfy { $0 == 0x20 || (9...13).contains($0) })
                }
                #expect(range.upperBound >= end)
                end = range.upperBound
            }
            #expect(bytes[end...].allSatisfy { $0 == 0x20 || (9...13).contains($0) })
        }
    }

    @Test(
        "prompts of the logits fixtures",
        arguments: ["gemma2", "gemma3", "llama", "llama-tied", "phi3", "phi3-longrope", "qwen2", "qwen3"])
    func prompts(name: String) throws {
        let tokenizer = try TokenizationFixtures.tokenizer("fixtures/models/\(name).gguf")
        let prompts = try #require(TokenizationFixtures.json("fixtures/logits/\(name).json")["prompts"]?.arrayValue)
        var compared = 0
        for prompt in prompts {
            guard let text = prompt["text"]?.stringValue else { continue }
            let length = try #require(prompt["truncated_to"]?.integerValue)
            let ids = try tokenizer.encode(text, addSpecial: true, parseSpecial: true)
            #expect(Array(ids.prefix(length)) == prompt["ids"]?.tokenIDs, "\(name): \(text.debugDescription)")
            compared += 1
        }
        #expect(compared > 0)
    }

    @Test("end of generation, as llama.cpp derives it")
    func endOfGeneration() throws {
        // Read off llama.cpp (llama_vocab_is_eog over the whole vocabulary).
        let expected: [String: [TokenID]] = [
            "gpt-2": [50256], "llama-bpe": [128001, 128009], "llama-spm": [2],
            "phi-3": [2, 32000, 32007], "qwen2": [128247, 151643, 151645],
        ]
        for (name, ids) in expected {
            let tokenizer = try TokenizationFixtures.vocabulary(name)
            let found = (0..<TokenID(tokenizer.vocabularySize)).filter(tokenizer.isEndOfGeneration)
            #expect(found == ids, "\(name)")
        }
    }

    @Test("a vocabulary without byte tokens refuses a character that it lacks")
    func missingCharacter() throws {
        let tokenizer = try TokenizationFixtures.tokenizer("models/TinyStories-656K-f16.gguf")
        let ids = try tokenizer.encode("Once upon a time")
        #expect(tokenizer.decode(ids) == "Once upon a time")
        #expect(throws: TokenizerError.unencodableCharacter(0x732B, utf8Offset: 4)) {
            try tokenizer.encode("cat 猫")
        }
    }
}
