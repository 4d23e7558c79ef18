import GGUF

/// The tokens of a model: their texts as the file writes them, what kind each is, and their scores.
struct Vocabulary: Sendable {
    static let tokensKey = "tokenizer.ggml.tokens"
    static let scoresKey = "tokenizer.ggml.scores"
    static let typesKey = "tokenizer.ggml.token_type"

    /// All texts, one behind the other, and where each begins (with the end of the last).
    private var bytes: [UInt8] = []
    private var starts: [Int] = [0]
    private var ids: ByteStringTable
    var attributes: [TokenAttributes]
    /// Empty when the file has none.
    let scores: [Float]

    var count: Int { attributes.count }

    /// - Throws: ``TokenizerError`` or `GGUFError` that names the key.
    init(metadata: GGUFMetadata) throws {
        guard let list = try metadata.value(Vocabulary.tokensKey).array, list.elementType == .string else {
            throw TokenizerError.invalidMetadata(key: Vocabulary.tokensKey, problem: "expected an array of strings")
        }
        let count = list.count
        guard count < Int(Int32.max) / 2 else {
            throw TokenizerError.invalidMetadata(key: Vocabulary.tokensKey, problem: "\(count) tokens are too many")
        }
        starts.reserveCapacity(count + 1)
        ids = ByteStringTable(capacity: count)
        attributes = Array(repeating: .normal, count: count)
        if let types = try metadata.optionalIntegers(Vocabulary.typesKey) {
            try Vocabulary.check(types.count, of: Vocabulary.typesKey, atLeast: count)
            for id in 0..<count { attributes[id] = TokenAttributes(tokenType: types[id]) }
        }
        if let scores = try metadata.optionalNumbers(Vocabulary.scoresKey) {
            try Vocabulary.check(scores.count, of: Vocabulary.scoresKey, atLeast: count)
            if let id = scores.firstIndex(where: \.isNaN) {
                throw TokenizerError.invalidMetadata(
                    key: Vocabulary.scoresKey, problem: "the score of token \(id) is not a number")
            }
            self.scores = scores.map { Float($0) }
        } else {
            scores = []
        }

        var id: Int32 = 0
        try list.forEachString { text in
            // The reference names an empty token, so that it has a text of its own.
            let text = text.isEmpty ? Array("[EMPTY_\(id)]".utf8) : [UInt8](text)
            let holder = ids.insert(text, id)
            guard holder == id else {
                throw TokenizerError.invalidMetadata(
                    key: Vocabulary.tokensKey, problem: "tokens \(holder) and \(id) have the same text")
            }
            bytes += text
            starts.append(bytes.count)
            id += 1
        }
    }

    private static func check(_ found: Int, of key: String, atLeast count: Int) throws {
        guard found >= count else {
            throw TokenizerError.invalidMetadata(
                key: key, problem: "\(found) elements, expected one for each of the \(count) tokens")
        }
    }

    /// The text of a token, as the file writes it.
    func text(_ id: Int) -> ArraySlice<UInt8> { bytes[starts[id]..<starts[id + 1]] }

    /// The token with exactly this text.
    func id(of text: some Collection<UInt8>) -> TokenID? {
        let id = ids.value(of: text)
        return id < 0 ? nil : id
    }

    func id(of text: String) -> TokenID? { id(of: text.utf8) }

    /// The byte that a byte token (`<0x0A>`) stands for.
    func byte(of id: Int) -> UInt8 {
        let digits = text(id).dropFirst(3).prefix(2).prefix { Vocabulary.hexadecimalValue($0) != nil }
        return digits.reduce(0) { $0 << 4 | (Vocabulary.hexadecimalValue($1) ?? 0) }
    }

    private static func hexadecimalValue(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
