package import Conversations
package import JSON

/// Log-probabilities: how a client asks for them, and what it gets.
extension OpenAIChat {
    /// The most alternatives of a token that a client may ask for.
    package static let mostAlternatives = 20
    /// What is said where a logarithm would be -∞, or nearly so.
    private static let unlikely = -9999.0

    /// How many alternatives of each token a request asks for; nil where it asks for no log-probabilities.
    package static func topLogprobs(ofRequest request: JSONValue) throws(MessageError) -> Int? {
        let isAsked = request["logprobs"]?.boolValue == true
        guard let top = request["top_logprobs"], !top.isNull else { return isAsked ? 0 : nil }
        guard isAsked else {
            throw MessageError("top_logprobs: without logprobs, expected logprobs: true beside it")
        }
        guard let number = top.integerValue, (0...mostAlternatives).contains(number) else {
            throw MessageError("top_logprobs: \(top.serialized()), expected 0 to \(mostAlternatives)")
        }
        return number
    }

    /// An entry with its first alternatives alone.
    package static func entry(_ entry: JSONValue, alternatives count: Int) -> JSONValue {
        guard var object = entry.objectValue, let top = object["top_logprobs"]?.arrayValue else { return entry }
        object["top_logprobs"] = .array(Array(top.prefix(count)))
        return .object(object)
    }

    /// The entry of a token: `{"token", "logprob", "bytes", "top_logprobs"}`.
    package static func entry(
        of token: (bytes: [UInt8], logprob: Double), alternatives: [(bytes: [UInt8], logprob: Double)]
    ) -> JSONValue {
        var entry = candidate(token.bytes, token.logprob)
        entry["top_logprobs"] = .array(alternatives.map { .object(candidate($0.bytes, $0.logprob)) })
        return .object(entry)
    }

    private static func candidate(_ bytes: [UInt8], _ logprob: Double) -> JSONObject {
        // Six digits are what single precision holds.
        let logprob = max(unlikely, (logprob * 1e6).rounded() / 1e6)
        return JSONObject([
            (key: "token", value: .string(String(decoding: bytes, as: UTF8.self))),
            (key: "logprob", value: .number(logprob)),
            (key: "bytes", value: .array(bytes.map { .integer(Int($0)) })),
        ])
    }
}
