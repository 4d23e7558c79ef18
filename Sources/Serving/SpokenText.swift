import Inference
import Tokenizers

/// An answer's text as it becomes certain, each piece with the tokens that begin in it.
struct SpokenText {
    private var assembler: TextAssembler
    private let tokenizer: Tokenizer
    /// Tokens whose text is held back, and the byte of the answer at which each begins.
    private var held: [(start: Int, token: GeneratedToken)] = []
    private var spelledByteCount = 0
    /// The tokens of the text so far; a stop text's are not among them.
    private(set) var tokens: [GeneratedToken] = []

    init(tokenizer: Tokenizer, stop: [String]) {
        self.tokenizer = tokenizer
        assembler = TextAssembler(tokenizer: tokenizer, stop: stop)
    }

    mutating func append(_ token: GeneratedToken) -> (text: String, tokens: [GeneratedToken]) {
        held.append((spelledByteCount, token))
        spelledByteCount += tokenizer.piece(token.id).count
        return release(assembler.append(token.id))
    }

    /// What is left at the end.
    mutating func finish() -> (text: String, tokens: [GeneratedToken]) { release(assembler.finish()) }

    private mutating func release(_ text: String) -> (text: String, tokens: [GeneratedToken]) {
        let given = assembler.givenByteCount
        let certain = held.prefix { $0.start < given }.map(\.token)
        held.removeFirst(certain.count)
        tokens += certain
        return (text, certain)
    }
}
