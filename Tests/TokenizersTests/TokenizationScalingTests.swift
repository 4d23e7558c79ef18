import Testing
import TestSupport
import Tokenizers

/// Texts that are made to be slow to tokenize: four times the text must take about four times the time, whatever the
/// kind of vocabulary.
@Suite(.serialized, .ownThreads) struct TokenizationScalingTests {
    private static let shapes: [(name: String, unit: String)] = [
        ("one letter", "a"), ("one capital", "A"), ("one digit", "7"), ("spaces", " "), ("newlines", "\n"),
        ("spaces and newlines", "   \n"), ("tabs before no newline", "\t "), ("no-break spaces", "\u{A0}"),
        ("apostrophes", "'"), ("quoted letters", "'s"), ("punctuation", "!?"), ("slashes", "/\n"),
        ("capital and small", "Aa"), ("combining marks", "\u{301}"), ("letter and marks", "e\u{301}\u{302}"),
        ("joined emoji", "👩\u{200D}"), ("han", "漢"), ("hangul jamo", "\u{1100}\u{1161}"), ("controls", "\u{1}"),
        ("special tokens cut short", "<|im_en"), ("beginnings of special tokens", "<|<|"), ("byte tokens", "<0x0"),
        ("ends of turns", "<|im_end|>"), ("sentence marks", "▁"), ("unassigned", "\u{378}"),
    ]

    /// A word without repetitions, the same each time.
    private static func random(_ count: Int, _ scalars: ClosedRange<UInt32>) -> String {
        var state: UInt64 = 88_172_645_463_325_252
        var view = String.UnicodeScalarView()
        for _ in 0..<count {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            let value = scalars.lowerBound + UInt32(state % UInt64(scalars.count))
            view.append(Unicode.Scalar(value) ?? "\u{FFFD}")
        }
        return String(view)
    }

    private static func text(_ shape: String, _ count: Int) -> String {
        switch shape {
        case "random letters": random(count, 0x61...0x7A)
        case "random bytes": random(count, 0x01...0xFF)
        case "random characters": random(count / 3, 0x20...0xFFFF)
        default:
            shapes.first { $0.name == shape }.map { unit in
                String(repeating: unit.unit, count: count / unit.unit.utf8.count)
            } ?? ""
        }
    }

    private static let names =
        shapes.map(\.name) + ["random letters", "random bytes", "random characters"]

    /// One of each way to cut words.
    private static let preTokenizers = [
        "default", "falcon", "gpt-2", "starcoder", "llama3", "minicpm5", "qwen2", "qwen35", "ufakzeka", "seed-coder",
        "laguna", "tekken", "gpt-4o", "deepseek-llm", "deepseek-coder", "deepseek-v3", "bloom", "viking",
    ]

    private func seconds<Result>(_ body: () throws -> Result) rethrows -> Double {
        let start = processorTime()
        _ = try body()
        return processorTime() - start
    }

    /// Whether time grows with the text; what is over at once is no growth, and what other processes take away does not
    /// count: one time of several must do.
    private func expectLinear<Input, Result>(
        _ label: String, _ short: Input, _ long: Input, _ body: (Input) throws -> Result
    ) throws {
        var found: [String] = []
        for _ in 0..<4 {
            let one = try seconds { try body(short) }
            let four = try seconds { try body(long) }
            if four < 0.05 || four < 8 * one { return }
            found.append("\(one) s, then \(four) s")
        }
        Issue.record("\(label): four times the text takes much longer: \(found.joined(separator: "; "))")
    }

    @Test(arguments: names) func everyPreTokenizerIsLinear(shape: String) throws {
        let (short, long) = (Self.text(shape, 30_000), Self.text(shape, 120_000))
        for name in Self.preTokenizers {
            try expectLinear("\(name), \(shape)", short, long) {
                try PreTokenizer.words(of: $0, preTokenizer: name)
            }
        }
    }

    @Test(
        .needsFixtures,
        arguments: TokenizationFixtures.vocabularies)
    func everyVocabularyIsLinear(name: String) throws {
        let tokenizer = try TokenizationFixtures.vocabulary(name)
        for shape in Self.names {
            let (short, long) = (Self.text(shape, 60_000), Self.text(shape, 240_000))
            try expectLinear("\(name), \(shape)", short, long) {
                try tokenizer.encode($0, addSpecial: true, parseSpecial: true)
            }
            let ids = try (tokenizer.encode(short), tokenizer.encode(long))
            try expectLinear("\(name), \(shape), decoding", ids.0, ids.1) { tokenizer.decode($0) }
        }
    }
}
