import Datasets
public import Inference
public import Tokenizers

/// An answer's text as it becomes certain, each piece with the tokens that begin in it: without what the template writes
/// before an answer, and where wanted without white space around it.
///
/// However the text is cut into pieces, together they are what ``finished(_:opening:trims:)`` makes of the whole.
public struct AnswerText {
    /// Text that became certain, which may be empty, and the tokens that begin in it.
    public struct Piece {
        public var text = ""
        public var tokens: [GeneratedToken] = []
    }

    private var assembler: TextAssembler
    private let tokenizer: Tokenizer
    /// What is taken off the beginning; empty once it is decided whether the answer begins with it.
    private var opening: [UInt8]
    private let trims: Bool
    /// Text that was said and not given out: what may be the opening, or white space that may be the last.
    private var pending: [UInt8] = []
    /// At which byte of all that was said `pending` begins.
    private var position = 0
    private var isBegun = false
    /// Tokens whose text is held back, and the byte at which each begins.
    private var held: [(start: Int, token: GeneratedToken)] = []
    private var spelledByteCount = 0
    /// The tokens of the text so far; a stop text's are not among them.
    public private(set) var tokens: [GeneratedToken] = []

    /// - Parameters:
    ///   - opening: what ``PromptEncoder/opening(after:at:)`` found.
    ///   - trims: whether white space around the answer is taken off.
    public init(tokenizer: Tokenizer, stop: [String] = [], opening: [UInt8] = [], trims: Bool = false) {
        self.tokenizer = tokenizer
        self.opening = opening
        self.trims = trims
        isBegun = !trims
        assembler = TextAssembler(tokenizer: tokenizer, stop: stop)
    }

    /// A whole answer as its pieces would be.
    public static func finished(_ text: String, opening: [UInt8], trims: Bool) -> String {
        let isOpened = text.utf8.starts(with: opening)
        let rest = isOpened ? String(decoding: text.utf8.dropFirst(opening.count), as: UTF8.self) : text
        return trims ? Datasets.Task.trimmed(rest) : rest
    }

    public mutating func append(_ token: GeneratedToken) -> Piece {
        held.append((spelledByteCount, token))
        spelledByteCount += tokenizer.piece(token.id).count
        pending += Array(assembler.append(token.id).utf8)
        return release(isEnd: false)
    }

    /// What is left at the end.
    public mutating func finish() -> Piece {
        pending += Array(assembler.finish().utf8)
        return release(isEnd: true)
    }

    private mutating func release(isEnd: Bool) -> Piece {
        if !opening.isEmpty {
            if !isEnd, pending.count < opening.count, opening.starts(with: pending) { return Piece() }
            if pending.starts(with: opening) { drop(opening.count) }
            opening = []
        }
        guard trims else { return give(pending.count) }
        let text = String(decoding: pending, as: UTF8.self)
        if !isBegun {
            let blank = text.leadingWhitespaceByteCount
            drop(blank)
            isBegun = !pending.isEmpty
        }
        let kept = String(decoding: pending, as: UTF8.self).trailingWhitespaceByteCount
        let piece = give(pending.count - kept)
        if isEnd { drop(kept) }
        return piece
    }

    /// Leaves text out, with the tokens that begin in it.
    private mutating func drop(_ count: Int) {
        pending.removeFirst(count)
        position += count
        held.removeFirst(held.prefix { $0.start < position }.count)
    }

    private mutating func give(_ count: Int) -> Piece {
        let text = String(decoding: pending[..<count], as: UTF8.self)
        pending.removeFirst(count)
        position += count
        let certain = held.prefix { $0.start < position }.map(\.token)
        held.removeFirst(certain.count)
        tokens += certain
        return Piece(text: text, tokens: certain)
    }
}

extension String {
    fileprivate var leadingWhitespaceByteCount: Int {
        unicodeScalars.prefix { $0.properties.isWhitespace }.reduce(0) { $0 + UTF8.width($1) }
    }

    fileprivate var trailingWhitespaceByteCount: Int {
        unicodeScalars.reversed().prefix { $0.properties.isWhitespace }.reduce(0) { $0 + UTF8.width($1) }
    }
}
