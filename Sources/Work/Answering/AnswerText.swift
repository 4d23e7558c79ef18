public import ChatTemplates
public import Inference
import PlainText
import Tasks
public import Tokenizers

/// An answer's text as it becomes certain, each piece with the tokens that begin in it: without what the template writes
/// around an answer, and where wanted without white space around it.
///
/// However the text is cut into pieces, together they are what ``finished(_:frame:trims:)`` makes of the whole.
public struct AnswerText {
    /// Text that became certain, which may be empty, and the tokens that begin in it.
    public struct Piece {
        public var text = ""
        public var tokens: [GeneratedToken] = []
    }

    private var assembler: TextAssembler
    private let tokenizer: Tokenizer
    private let frame: AnswerFrame?
    private let trims: Bool
    /// All that was said, as far as it is certain.
    private var said: [UInt8] = []
    /// How many bytes of the answer were given out, and where in `said` the answer begins; nil while that is not known.
    private var givenByteCount = 0
    private var start: Int?
    /// Tokens whose text is held back, and the byte at which each begins.
    private var held: [(start: Int, token: GeneratedToken)] = []
    private var spelledByteCount = 0
    /// The tokens of the text so far; a stop text's are not among them.
    public private(set) var tokens: [GeneratedToken] = []

    /// - Parameters:
    ///   - frame: what the template writes around an answer; nil for raw text.
    ///   - trims: whether white space around the answer is taken off.
    public init(tokenizer: Tokenizer, stop: [String] = [], frame: AnswerFrame? = nil, trims: Bool = false) {
        self.tokenizer = tokenizer
        self.frame = frame
        self.trims = trims
        assembler = TextAssembler(tokenizer: tokenizer, stop: stop)
    }

    /// A whole answer as its pieces would be.
    public static func finished(_ text: String, frame: AnswerFrame?, trims: Bool) -> String {
        let content = frame?.content(ofGenerated: text).content ?? text
        return trims ? TaskDefinition.trimmed(content) : content
    }

    public mutating func append(_ token: GeneratedToken) -> Piece {
        held.append((spelledByteCount, token))
        spelledByteCount += tokenizer.piece(token.id).count
        let text = assembler.append(token.id)
        guard !text.isEmpty else { return Piece() }
        said += text.utf8
        return release(isEnd: false)
    }

    /// What is left at the end.
    public mutating func finish() -> Piece {
        said += assembler.finish().utf8
        return release(isEnd: true)
    }

    private mutating func release(isEnd: Bool) -> Piece {
        let certain = certainText(isEnd: isEnd)
        guard !certain.isEmpty else { return Piece() }
        // Of a text that is spelled twice, in thoughts and in the answer, the answer is the later one.
        let start = self.start ?? said.lastRange(of: certain)?.lowerBound ?? said.count
        self.start = start
        let piece = String(decoding: certain.dropFirst(givenByteCount), as: UTF8.self)
        givenByteCount = certain.count
        held.removeFirst(held.prefix { $0.start < start }.count)
        let fresh = held.prefix { $0.start < start + certain.count }.map(\.token)
        held.removeFirst(fresh.count)
        tokens += fresh
        return Piece(text: piece, tokens: fresh)
    }

    /// The answer so far; what may turn out to be the template's, or white space at the end, is held back.
    private func certainText(isEnd: Bool) -> [UInt8] {
        let text = String(decoding: said, as: UTF8.self)
        let content = frame?.content(ofGenerated: text, isWhole: isEnd).content ?? text
        return Array((trims ? TaskDefinition.trimmed(content) : content).utf8)
    }
}
