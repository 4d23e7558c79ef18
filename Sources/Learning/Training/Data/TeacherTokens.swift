import Conversations
import Dialects
import Foundation
import JSON
import PlainText
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
    /// What OpenAI and vLLM say for "very unlikely".
    private static let unlikely = -9999.0

    /// What was found of a teacher in an answer.
    struct Found {
        /// By the index of the answer's token.
        var distributions: [Int: TokenDistribution] = [:]
        /// Tokens that the teacher says something of.
        var places = 0
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
    ///   - message: what was said; the teacher's tokens must spell its text.
    func distributions(_ json: JSONValue, answer: [TokenID], message: Message) throws -> Found {
        if json["ids"] != nil { return try fromIDs(json, answer: answer) }
        return try fromText(json, answer: answer, message: message)
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
        var found = Found(places: ids.count)
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
                // What the teacher calls very unlikely is one of all others.
                if log > TeacherTokens.unlikely { stored.append((TokenID(id), log)) }
            }
            if !stored.isEmpty { found.distributions[place] = try distribution(stored, place: place) }
        }
        return found
    }

    /// Walks both tokenizations of the same text. A place counts where both begin a token there and go on with the
    /// same one: what the teacher saw is then what the student sees.
    private func fromText(_ json: JSONValue, answer: [TokenID], message: Message) throws -> Found {
        let places = try read(json)
        let text = places.flatMap(\.said.bytes)
        let content = Array(message.content.utf8)
        // A service may have taken white space off the text around what its tokens spell, and calls of tools are said in
        // the template's own words.
        let said = TeacherTokens.bare(message.toolCalls.isEmpty ? content : text)
        guard TeacherTokens.bare(text) == said else {
            throw TrainingError(
                "logprobs: tokens of \(text.count) bytes that spell another text than the answer, of "
                    + "\(content.count) bytes")
        }
        var found = Found(places: places.count)
        let pieces = answer.map { tokenizer.piece($0) }
        // A template may put something before an answer, or leave out white space around it.
        guard let inText = text.place(of: said), let inAnswer = pieces.flatMap({ $0 }).place(of: said) else {
            return found
        }
        var begins: [Int: Int] = [:]
        var offset = inText.lowerBound - inAnswer.lowerBound
        for (index, piece) in pieces.enumerated() {
            begins[offset] = index
            offset += piece.count
        }
        offset = 0
        for (number, place) in places.enumerated() {
            defer { offset += place.said.bytes.count }
            guard let index = begins[offset], pieces[index] == place.said.bytes else { continue }
            var stored: [TokenID: Double] = [:]
            for token in place.known {
                // The same bytes twice, as some services have them: their probabilities add up.
                if let id = token.id.map({ TokenID($0) }) ?? ids[token.bytes] {
                    stored[id] = stored[id].map { sum($0, token.logprob) } ?? token.logprob
                } else {
                    found.unmappedAlternatives += 1
                }
            }
            guard !stored.isEmpty else { continue }
            found.distributions[index] = try distribution(
                stored.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.map { ($0.key, $0.value) }, place: number)
        }
        return found
    }

    /// The teacher's places, with the bytes of the base's tokens where it names these by their ids.
    private func read(_ json: JSONValue) throws -> [TokenLogprobs.Place] {
        var places: [TokenLogprobs.Place]
        do throws(LogprobsError) {
            places = try TokenLogprobs.places(of: json)
        } catch {
            throw TrainingError("logprobs: \(error)")
        }
        for index in places.indices {
            places[index].said = try spelled(places[index].said, place: index)
            for other in places[index].alternatives.indices {
                places[index].alternatives[other] = try spelled(places[index].alternatives[other], place: index)
            }
        }
        // Some services report the token that ends the turn, which is no part of the text.
        while let id = places.last?.said.id, tokenizer.isEndOfGeneration(TokenID(id)) { places.removeLast() }
        return places
    }

    private func spelled(_ token: TokenLogprobs.Token, place: Int) throws -> TokenLogprobs.Token {
        guard let id = token.id else { return token }
        guard (0..<tokenizer.vocabularySize).contains(id) else {
            throw TrainingError(
                "logprobs: place \(place + 1): id \(id), expected 0 to \(tokenizer.vocabularySize - 1)")
        }
        var token = token
        token.bytes = tokenizer.piece(TokenID(id))
        return token
    }

    /// A text without white space around it.
    private static func bare(_ text: [UInt8]) -> [UInt8] {
        Array(text.drop { $0 <= 0x20 }.reversed().drop { $0 <= 0x20 }.reversed())
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
