/// How a byte-level tokenizer cuts a text into words before merging: the patterns that `tokenizer.ggml.pre` names.
///
/// Each pattern cuts every piece that the one before it made. They are not run as regular expressions, which would take
/// quadratic time (and the stack) on long words, but by scanners that go over the text once.
package struct PreTokenizer: Sendable {
    let cutters: [Cutter]
    /// Whether a word that is a token stays one, whatever its merges say.
    var keepsWholeTokens = false
    /// Whether decoding removes spaces before punctuation.
    var cleansSpaces = true
    /// Whether a text begins with the beginning-of-text token where the file does not say.
    var addsBeginningOfText = false
    /// Whether there is a beginning-of-text token where the file does not say.
    var hasDefaultBeginningOfText = true

    /// What a file without `tokenizer.ggml.pre` has.
    static let defaultName = "default"

    /// The names that are known, sorted.
    static let supportedNames = byName.keys.sorted()

    /// - Throws: ``TokenizerError/unknownPreTokenizer(_:)``.
    init(named name: String) throws {
        guard let known = PreTokenizer.byName[name] else { throw TokenizerError.unknownPreTokenizer(name) }
        self = known
    }

    private init(_ cutters: [Cutter], _ adjust: (inout PreTokenizer) -> Void = { _ in }) {
        self.cutters = cutters
        adjust(&self)
    }

    private static let byName: [String: PreTokenizer] = {
        var table: [String: PreTokenizer] = [:]
        func add(_ names: String..., cutters: Cutter..., adjust: (inout PreTokenizer) -> Void = { _ in }) {
            for name in names { table[name] = PreTokenizer(cutters, adjust) }
        }
        func plain(_ pre: inout PreTokenizer) { pre.cleansSpaces = false }
        let llama3 = Cutter.words(WordRules(longestNumber: 3))
        let qwen2 = Cutter.words(WordRules(longestNumber: 1))
        let gpt4o = Cutter.words(
            WordRules(
                contractions: .behindWords, letters: .cased, longestNumber: 3, symbolTail: .newlinesAndSlashes))
        let number = Cutter.runs(CharacterRun(.number, maximum: 1))
        let threeDigits = Cutter.runs(CharacterRun(.asciiDigits, minimum: 3, maximum: 3))

        add(
            "default",
            cutters: .runs(CharacterRun(.defaultPunctuation)), .gpt2, .runs(CharacterRun(.number)), threeDigits)
        add("falcon", cutters: .runs(CharacterRun(.falconPunctuation)), .gpt2, threeDigits)
        add(
            "gpt-2", "phi-2", "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "jina-v1-en", "jina-v2-code",
            "roberta-bpe", "gigachat", "a.x-4.0", "mellum", "modern-bert", "mpt", "olmo", "jais", "exaone4",
            cutters: .gpt2)
        add("trillion", "granite-docling", cutters: .gpt2, adjust: plain)
        add("starcoder", "refact", "codeshell", "exaone", "minerva-7b", "mellum2", cutters: number, .gpt2)
        add("command-r", "smollm", cutters: number, .gpt2, adjust: plain)

        add(
            "llama3", "llama-v3", "llama-bpe", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2", "jina-v5-nano",
            cutters: llama3
        ) {
            $0.keepsWholeTokens = true
            $0.addsBeginningOfText = true
        }
        add("dbrx", "smaug-bpe", cutters: llama3)
        add("chatglm-bpe", cutters: llama3) { $0.hasDefaultBeginningOfText = false }
        add("glm4", "glm5", cutters: llama3) {
            $0.hasDefaultBeginningOfText = false
            $0.keepsWholeTokens = true
        }
        add(
            "minicpm5", cutters: .runs(CharacterRun(.number, maximum: 3)), .words(WordRules(longestNumber: .max))
        ) { $0.keepsWholeTokens = true }
        add(
            "qwen2", "deepseek-r1-qwen", "kormo", "f2llmv2", "hunyuan", "grok-2", "solar-open", "bailingmoe",
            "bailingmoe2", "llada-moe", cutters: qwen2, adjust: plain)
        add("stablelm2", "megrez", cutters: qwen2)
        add(
            "qwen35", cutters: .words(WordRules(letters: .withMarks, longestNumber: 1)), adjust: plain)
        add("ufakzeka", cutters: .words(WordRules(contractions: .none, longestNumber: 1)), adjust: plain)
        add(
            "seed-coder", cutters: .words(WordRules(longestNumber: 1, symbolTail: .none)), adjust: plain)
        add("laguna", cutters: .newlines, qwen2, adjust: plain)

        add(
            "tekken",
            cutters: .words(
                WordRules(contractions: .none, letters: .cased, longestNumber: 1, symbolTail: .newlinesAndSlashes))
        ) {
            plain(&$0)
            $0.keepsWholeTokens = true
            $0.addsBeginningOfText = true
        }
        add("gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2", cutters: gpt4o, adjust: plain)

        add(
            "deepseek-llm",
            cutters: .runs(CharacterRun(.newlines, maximum: 1)),
            .runs(CharacterRun(.casedLetters, leading: .anySpace)),
            .runs(CharacterRun(.deepSeekPunctuation, leading: .anySpace)), .trailingSpace,
            .runs(CharacterRun(.deepSeekIdeographs)), .runs(CharacterRun(.number)), adjust: plain)
        add(
            "deepseek-coder",
            cutters: .runs(CharacterRun(.newlines, maximum: 1)), .runs(CharacterRun(.letter, leading: .anySpace)),
            .runs(CharacterRun(.punctuation, leading: .anySpace)), .runs(CharacterRun(.deepSeekIdeographs)), number,
            adjust: plain)
        add(
            "deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4",
            cutters: .runs(CharacterRun(.number, maximum: 3)), .runs(CharacterRun(.hanAndKana)), .deepSeek3,
            adjust: plain)

        add("bloom", "gpt3-finnish", cutters: .runs(CharacterRun(.bloomWords, leading: .plainSpace)))
        add("poro-chat", cutters: .runs(CharacterRun(.bloomWords, leading: .plainSpace)), adjust: plain)
        add(
            "viking", cutters: .runs(CharacterRun(.bloomWords, leading: .plainSpace)), number, adjust: plain)
        return table
    }()

    /// Calls `body` with each word of `range` of a text, from left to right.
    @inline(__always)
    func forEachWord(
        of text: UnsafeBufferPointer<UInt8>, in range: Range<Int>, _ body: (Range<Int>) -> Void
    ) {
        cut(text, range, from: 0, body)
    }

    private func cut(
        _ text: UnsafeBufferPointer<UInt8>, _ range: Range<Int>, from index: Int, _ body: (Range<Int>) -> Void
    ) {
        if index == cutters.count - 1 {
            cutters[index].cut(TextWindow(text: text, range: range), body)
        } else {
            cutters[index].cut(TextWindow(text: text, range: range)) { cut(text, $0, from: index + 1, body) }
        }
    }

    /// The words of a text, for tests.
    ///
    /// - Throws: ``TokenizerError/unknownPreTokenizer(_:)``.
    package static func words(of text: String, preTokenizer name: String) throws -> [String] {
        let preTokenizer = try PreTokenizer(named: name)
        var text = text
        return text.withUTF8 { bytes in
            var words: [String] = []
            preTokenizer.forEachWord(of: bytes, in: 0..<bytes.count) {
                words.append(String(decoding: bytes[$0], as: UTF8.self))
            }
            return words
        }
    }
}
