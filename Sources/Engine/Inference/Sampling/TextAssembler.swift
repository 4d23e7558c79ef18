public import Tokenizers

/// Turns tokens into text as they come: whole characters only, and nothing that may turn out to be a stop text.
public struct TextAssembler: Sendable {
    private let tokenizer: Tokenizer
    private let stops: [[UInt8]]
    /// Bytes that were not given out yet.
    private var pending: [UInt8] = []
    /// How many bytes of the tokens' text were given out; a stop text's are not.
    public private(set) var givenByteCount = 0
    /// Whether a stop text has appeared; what follows is ignored.
    public private(set) var isStopped = false

    public init(tokenizer: Tokenizer, stop: [String] = []) {
        self.tokenizer = tokenizer
        stops = stop.map { Array($0.utf8) }.filter { !$0.isEmpty }
    }

    /// Takes a token; returns the text that is now certain, which may be empty.
    public mutating func append(_ token: TokenID) -> String {
        guard !isStopped else { return "" }
        pending += tokenizer.piece(token)
        if let cut = stops.compactMap({ TextAssembler.firstIndex(of: $0, in: pending) }).min() {
            isStopped = true
            pending = Array(pending[..<cut])
            return finish()
        }
        let held = max(unfinishedStop, TextAssembler.unfinishedCharacter(pending))
        return give(pending.count - held)
    }

    /// The text that is left at the end; broken characters become U+FFFD.
    public mutating func finish() -> String { give(pending.count) }

    private mutating func give(_ count: Int) -> String {
        defer {
            pending.removeFirst(count)
            givenByteCount += count
        }
        return String(decoding: pending[..<count], as: UTF8.self)
    }

    /// How many of the last bytes may be the beginning of a stop text.
    private var unfinishedStop: Int {
        stops.reduce(0) { longest, stop in
            let most = min(stop.count - 1, pending.count)
            let length = stride(from: most, to: longest, by: -1).first {
                pending.suffix($0).elementsEqual(stop.prefix($0))
            }
            return length ?? longest
        }
    }

    /// How many of the last bytes are the beginning of a character that is not whole.
    private static func unfinishedCharacter(_ bytes: [UInt8]) -> Int {
        for (distance, byte) in bytes.suffix(3).reversed().enumerated() {
            let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : byte < 0x80 ? 1 : 0
            if length > 0 { return length > distance + 1 ? distance + 1 : 0 }
        }
        return 0
    }

    private static func firstIndex(of pattern: [UInt8], in bytes: [UInt8]) -> Int? {
        guard bytes.count >= pattern.count else { return nil }
        return (0...bytes.count - pattern.count).first { bytes[$0..<$0 + pattern.count].elementsEqual(pattern) }
    }
}
