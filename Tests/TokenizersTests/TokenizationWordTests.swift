import Testing
import Tokenizers

/// What the patterns mean, worked out by hand from the regular expressions that stand in llama.cpp's source.
@Suite("Pre-tokenizers")
struct TokenizationWordTests {
    @Test(arguments: [
        ("gpt-2", "I'll don't WON'T", ["I", "'ll", " don", "'t", " WON", "'", "T"]),
        ("gpt-2", "a  b\n\n c1234 ...x", ["a", " ", " b", "\n\n", " c", "1234", " ...", "x"]),
        ("gpt-2", "end  ", ["end", "  "]),
        ("llama-bpe", "WON'T 12345\n\n x", ["WON", "'T", " ", "123", "45", "\n\n", " x"]),
        ("llama-bpe", "a.b\t(c) ==\n\n  d", ["a", ".b", "\t", "(c", ")", " ==\n\n", " ", " d"]),
        ("llama-bpe", "x \n \n  y", ["x", " \n \n", " ", " y"]),
        ("qwen2", "tel 0123 é\u{301}a", ["tel", " ", "0", "1", "2", "3", " é", "\u{301}a"]),
        ("qwen35", "tel 01 é\u{301}a", ["tel", " ", "0", "1", " é\u{301}a"]),
        ("tekken", "HelloWORLDhello ABC", ["Hello", "WORLDhello", " ABC"]),
        ("tekken", "it's /a//\n/b 12", ["it", "'s", " /", "a", "//\n/", "b", " ", "1", "2"]),
        // A letter outside ASCII counts as upper and as lower case.
        ("tekken", "éAB", ["é", "AB"]),
        ("tekken", "ABéCD", ["ABé", "CD"]),
        ("gpt-4o", "Don't 12345 /x", ["Don't", " ", "123", "45", " /", "x"]),
        ("starcoder", "v12 x's", ["v", "1", "2", " x", "'s"]),
        ("falcon", "1234!? $x=1", ["123", "4", "!?", " ", "$", "x", "=", "1"]),
        ("default", "1234`!", ["123", "4", "`", "!"]),
        ("deepseek-llm", "a b 中文 12\n!x ", ["a", " b", " ", "中文", " ", "12", "\n", "!", "x", " "]),
        ("deepseek-coder", "a b 中文12, c", ["a", " b", " ", "中文", "1", "2", ",", " c"]),
        ("deepseek-v3", "12345 日本 a_b !!\n", ["123", "45", " ", "日本", " a", "_b", " !!\n"]),
        ("bloom", "Hi there, you.", ["Hi", " there", ",", " you", "."]),
    ])
    func words(preTokenizer: String, text: String, expected: [String]) throws {
        let words = try PreTokenizer.words(of: text, preTokenizer: preTokenizer)
        // By bytes: strings that are canonically equivalent would be equal.
        #expect(words.map { Array($0.utf8) } == expected.map { Array($0.utf8) }, "\(preTokenizer): \(words)")
    }

    @Test("white space, categories and their age are those of Unicode 15.1, as llama.cpp has them")
    func categories() throws {
        // U+0085 and U+3000 are white space, U+200B and U+180E are not.
        #expect(try PreTokenizer.words(of: "a\u{85}\u{3000}b", preTokenizer: "gpt-2").count == 4)
        #expect(try PreTokenizer.words(of: "a\u{200B}\u{180E}b", preTokenizer: "gpt-2").count == 3)
        // U+1C89 is a letter since Unicode 16: not yet.
        #expect(try PreTokenizer.words(of: "a\u{1C89}", preTokenizer: "gpt-2").count == 2)
        // U+2EBF0 is a letter since Unicode 15.1.
        #expect(try PreTokenizer.words(of: "a\u{2EBF0}", preTokenizer: "gpt-2").count == 1)
    }

    @Test("a name that is not known is an error that lists those that are")
    func unknownName() {
        let error = #expect(throws: TokenizerError.unknownPreTokenizer("quen2")) {
            try Tokenizer(metadata: TokenizationSamples.bytePairMetadata(preTokenizer: "quen2"))
        }
        #expect(
            error?.description.hasPrefix(
                "tokenizer.ggml.pre: unknown pre-tokenizer \"quen2\", expected one of a.x-4.0, bailingmoe,") == true)
    }
}
