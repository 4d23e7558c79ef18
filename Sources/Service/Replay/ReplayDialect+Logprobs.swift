import Conversations
import JSON

/// Log-probabilities, as OpenAI's clients ask for them and get them.
extension ReplayDialect {
    /// Refuses what OpenAI refuses.
    func checkLogprobs(_ request: JSONValue) throws(MessageError) {
        guard self == .openai, let top = request["top_logprobs"], !top.isNull else { return }
        guard request["logprobs"]?.boolValue == true else {
            throw MessageError("top_logprobs: without logprobs, expected logprobs: true beside it")
        }
        guard let number = top.integerValue, (0...20).contains(number) else {
            throw MessageError("top_logprobs: \(top.serialized()), expected 0 to 20")
        }
    }

    /// What is recorded of an answer's tokens, with as many alternatives as the request asks for; nil where it asks for
    /// none, or none are recorded: then this is a teacher that ignores the wish.
    static func logprobs(of answer: RecordedAnswer, request: JSONValue) -> [JSONValue]? {
        guard request["logprobs"]?.boolValue == true else { return nil }
        let count = request["top_logprobs"]?.integerValue ?? 0
        return answer.logprobs?.map { entry in
            guard var object = entry.objectValue, let top = object["top_logprobs"]?.arrayValue else { return entry }
            object["top_logprobs"] = .array(Array(top.prefix(count)))
            return .object(object)
        }
    }

    static func logprobs(_ entries: [JSONValue]) -> JSONValue { ["content": .array(entries), "refusal": nil] }

    /// An answer token by token, but whole characters only. Where the tokens do not spell the answer, all at once.
    static func pieces(_ content: String, _ entries: [JSONValue]) -> [(text: String, logprobs: [JSONValue]?)] {
        let whole = [(text: content, logprobs: Optional(entries))]
        let places: [TokenLogprobs.Place]
        // A recording may hold what no parser takes, to rehearse just that.
        do { places = try TokenLogprobs.places(of: logprobs(entries)) } catch { return whole }
        guard places.flatMap(\.said.bytes) == Array(content.utf8) else { return whole }
        var pieces: [(text: String, logprobs: [JSONValue]?)] = []
        var bytes: [UInt8] = []
        var held: [JSONValue] = []
        for (place, entry) in zip(places, entries) {
            bytes += place.said.bytes
            held.append(entry)
            guard let text = String(validating: bytes, as: UTF8.self) else { continue }
            pieces.append((text, held))
            (bytes, held) = ([], [])
        }
        return pieces
    }
}
