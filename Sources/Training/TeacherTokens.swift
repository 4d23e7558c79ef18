import Conversations
import Foundation
import Tokenizers

/// A teacher's log-probabilities, as a line has them, in the tokens of the model that learns.
///
/// Two forms: OpenAI's `{"content": [{"token", "logprob", "bytes", "top_logprobs": [...]}]}`, and
/// `{"ids": [[...]], "logprobs": [[...]]}` in the base's own ids. A teacher's token is taken for the base's token with
/// exactly the same bytes, or for the id that it names itself (`token_id`, or a `token` of `token_id:17`, as vLLM writes
/// them). What no token of the base spells counts among all others.
struct TeacherTokens: Sendable {
    /// The base's tokens by what they spell; of several the first, but a text's own token rather than that of a byte.
    private let ids: [[UInt8]: TokenID]
    private let tokenizer: Tokenizer

    /// What was found of a teacher in an answer.
    struct Found {
        /// By the index of the answer's token.
        var distributions: [Int: TokenDistribution] = [:]
        /// Alternatives that no token of the base spells.
        var unmappedAlternatives = 0
    }

    init(_ tokenizer: Tokenizer) {
        self.tokenizer = tokenizer
        var ids: [[UInt8]: TokenID] = [:]
        for id in 0..<TokenID(tokenizer.vocabularySize) {
            let piece = tokenizer.piece(id)
            // Tokens of single bytes, which stand in for what has no token of its own, come before the others.
            if piece.count == 1 || ids[piece] == nil, !piece.isEmpty { ids[piece] = id }
        }
        self.ids = ids
    }

    /// - Parameters:
    ///   - answer: the tokens of the answer as the base says it, its end among them.
    ///   - content: the answer's text, which the teacher's tokens must spell.
    func distributions(_ json: JSONValue, answer: [TokenID], content: String) throws -> Found {
        if json["ids"] != nil { return try fromIDs(json, answer: answer) }
        guard let entries = json["content"]?.arrayValue else {
            throw TrainingError("logprobs: neither 'content' nor 'ids', expected one of the two forms")
        }
        return try fromText(entries, answer: answer, content: content)
    }

    private func fromIDs(_ json: JSONValue, answer: [TokenID]) throws -> Found {
        guard let ids = json["ids"]?.arrayValue, let logs = json["logprobs"]?.arrayValue, ids.count == logs.count else {
            throw TrainingError(
                "logprobs: \(json["ids"]?.arrayValue?.count ?? 0) ids and "
                    + "\(json["logprobs"]?.arrayValue?.count ?? 0) logprobs, expected as many of both")
        }
        guard ids.count == answer.count || ids.count == answer.count - 1 else {
            throw TrainingError(
                "logprobs: \(ids.count) places, expected \(answer.count), the answer's tokens with its end, or "
                    + "\(answer.count - 1) without")
        }
        var found = Found()
        for (place, pair) in zip(ids, logs).enumerated() {
            guard let tokens = pair.0.arrayValue, let numbers = pair.1.arrayValue, tokens.count == numbers.count,
                !tokens.isEmpty
            else {
                throw TrainingError("logprobs: place \(place + 1): expected as many ids as logprobs, at least one")
            }
            var stored: [(TokenID, Double)] = []
            for (token, number) in zip(tokens, numbers) {
                guard let id = token.integerValue, (0..<tokenizer.vocabularySize).contains(id) else {
                    throw TrainingError(
                        "logprobs: place \(place + 1): id \(token.serialized()), expected 0 to "
                            + "\(tokenizer.vocabularySize - 1)")
                }
                guard let log = number.doubleValue else {
                    throw TrainingError("logprobs: place \(place + 1): \(number.kindName), expected a number")
                }
                stored.append((TokenID(id), log))
            }
            found.distributions[place] = try distribution(stored, place: place)
        }
        return found
    }

    /// Walks both tokenizations of the same text. A place counts where both begin a token there and go on with the
    /// same one: what the teacher saw is then what the student sees.
    private func fromText(_ entries: [JSONValue], answer: [TokenID], content: String) throws -> Found {
        var found = Found()
        let spelled = try entries.enumerated().map { place, entry in
            guard entry["logprob"]?.doubleValue != nil else {
                throw TrainingError("logprobs: place \(place + 1): a token without a logprob, expected a number")
            }
            return try token(of: entry, place: place)
        }
        let text = spelled.flatMap(\.bytes)
        guard text == Array(content.utf8) else {
            throw TrainingError(
                "logprobs: tokens of \(text.count) bytes that spell another text than the answer, of "
                    + "\(content.utf8.count) bytes")
        }
        // A template may leave out white space around an answer.
        let said = answer.map { tokenizer.piece($0) }
        let whole = said.flatMap { $0 }
        var cut = 0
        while cut < text.count, !whole.starts(with: text[cut...].prefix(8)), text[cut] <= 32 { cut += 1 }
        var begins: [Int: Int] = [:]
        var offset = cut
        for (place, piece) in said.enumerated() {
            begins[offset] = place
            offset += piece.count
        }
        offset = 0
        for (place, entry) in entries.enumerated() {
            defer { offset += spelled[place].bytes.count }
            guard let index = begins[offset], said[index] == spelled[place].bytes else { continue }
            var stored: [TokenID: Double] = [:]
            var alternatives = entry["top_logprobs"]?.arrayValue ?? []
            if alternatives.isEmpty { alternatives = [entry] }
            for alternative in alternatives {
                guard let log = alternative["logprob"]?.doubleValue else {
                    throw TrainingError("logprobs: place \(place + 1): a token without a logprob, expected a number")
                }
                // The same bytes twice, as some services have them: their probabilities add up.
                if let id = try self.token(of: alternative, place: place).id {
                    stored[id] = stored[id].map { sum($0, log) } ?? log
                } else {
                    found.unmappedAlternatives += 1
                }
            }
            guard !stored.isEmpty else { continue }
            found.distributions[index] = try distribution(
                stored.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }, place: place)
        }
        return found
    }

    private func token(of entry: JSONValue, place: Int) throws -> (bytes: [UInt8], id: TokenID?) {
        func named(_ id: Int) throws -> (bytes: [UInt8], id: TokenID?) {
            guard (0..<tokenizer.vocabularySize).contains(id) else {
                throw TrainingError(
                    "logprobs: place \(place + 1): id \(id), expected 0 to \(tokenizer.vocabularySize - 1)")
            }
            return (tokenizer.piece(TokenID(id)), TokenID(id))
        }
        if let id = entry["token_id"]?.integerValue { return try named(id) }
        if let text = entry["token"]?.stringValue, text.hasPrefix("token_id:"), let id = Int(text.dropFirst(9)) {
            return try named(id)
        }
        var bytes: [UInt8]?
        if let numbers = entry["bytes"]?.arrayValue {
            bytes = numbers.compactMap { $0.integerValue.flatMap { UInt8(exactly: $0) } }
            if bytes?.count != numbers.count { bytes = nil }
        }
        guard let spelled = bytes ?? entry["token"]?.stringValue.map({ Array($0.utf8) }) else {
            throw TrainingError("logprobs: place \(place + 1): neither 'token' nor 'bytes', expected one")
        }
        return (spelled, ids[spelled])
    }

    private func distribution(_ stored: [(TokenID, Double)], place: Int) throws -> TokenDistribution {
        let sum = stored.reduce(0) { $0 + exponential($1.1) }
        guard stored.allSatisfy({ $0.1.isFinite && $0.1 <= 1e-3 }), sum <= 1.001 else {
            throw TrainingError(
                "logprobs: place \(place + 1): probabilities that add up to \(sum), expected natural logarithms of "
                    + "numbers that add up to 1 at most")
        }
        guard Set(stored.map(\.0)).count == stored.count else {
            throw TrainingError("logprobs: place \(place + 1): an id twice, expected each once")
        }
        return TokenDistribution(tokens: stored.map(\.0), logProbabilities: stored.map { Float(min(0, $0.1)) })
    }

    private func exponential(_ x: Double) -> Double { x.isFinite ? exp(x) : 0 }
    private func sum(_ a: Double, _ b: Double) -> Double { log(exp(a) + exp(b)) }
}
