import Dialects
import JSON

/// Log-probabilities, as OpenAI's clients ask for them and get them.
extension ReplayedResponse {
    /// What is recorded of the answer's tokens, with as many alternatives as the request asks for; nil where it asks for
    /// none, or none are recorded: then this is a teacher that ignores the wish.
    var logprobs: [JSONValue]? {
        topLogprobs.flatMap { count in answer.logprobs?.map { OpenAIChat.entry($0, alternatives: count) } }
    }

    /// An answer token by token, but whole characters only. Where the tokens do not spell the answer, all at once.
    static func pieces(_ content: String, _ entries: [JSONValue]) -> [(text: String, logprobs: [JSONValue]?)] {
        let whole = [(text: content, logprobs: Optional(entries))]
        let places: [TokenLogprobs.Place]
        // A recording may hold what no parser takes, to rehearse just that.
        do { places = try TokenLogprobs.places(of: OpenAIChat.logprobs(entries)) } catch { return whole }
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
