package import JSON

/// Writes an answer as OpenAI's clients expect it: whole, or as the chunks of a stream.
///
/// Source: OpenAI's API reference, "The chat completion object", "The chat completion chunk object" and "Completions".
package struct CompletionWriter: Sendable {
    /// Of the answer.
    package var id: String
    /// Seconds since 1970.
    package var created: Int
    /// The model that answers, as a member `model`.
    package var model: JSONValue
    package var fingerprint: String
    /// Whether it answers `/v1/chat/completions`, and not `/v1/completions`.
    package var isChat: Bool
    /// Whether every chunk has a member `usage`, as it has where a client asks for the usage of a stream.
    package var chunksHaveUsage: Bool

    package init(
        id: String, created: Int, model: JSONValue, fingerprint: String, isChat: Bool = true,
        chunksHaveUsage: Bool = false
    ) {
        self.id = id
        self.created = created
        self.model = model
        self.fingerprint = fingerprint
        self.isChat = isChat
        self.chunksHaveUsage = chunksHaveUsage
    }

    /// The whole answer.
    ///
    /// - Parameter refusal: what is said in place of the text.
    package func whole(
        _ text: String, refusal: String? = nil, logprobs: JSONValue = .null, finish: String, usage: JSONValue
    ) -> JSONObject {
        var choice = JSONObject([(key: "index", value: 0)])
        if isChat {
            choice["message"] = [
                "role": "assistant", "content": refusal == nil ? .string(text) : .null,
                "refusal": refusal.map(JSONValue.string) ?? .null,
            ]
        } else {
            choice["text"] = .string(text)
        }
        choice["logprobs"] = logprobs
        choice["finish_reason"] = .string(finish)
        return object(isChat ? "chat.completion" : "text_completion", [.object(choice)], usage: usage)
    }

    /// The first chunk of a chat: who speaks.
    package func opening() -> JSONObject { chunk(["role": "assistant", "content": ""]) }

    package func piece(_ text: String, logprobs: JSONValue = .null) -> JSONObject {
        chunk(isChat ? ["content": .string(text)] : .string(text), logprobs: logprobs)
    }

    /// What is said in place of an answer.
    package func refusal(_ words: String) -> JSONObject { chunk(["refusal": .string(words)]) }

    package func closing(finish: String) -> JSONObject {
        chunk(isChat ? .object(JSONObject()) : "", finish: .string(finish))
    }

    /// The chunk behind the last, for those who asked what the stream cost.
    package func usage(_ usage: JSONValue) -> JSONObject {
        object(isChat ? "chat.completion.chunk" : "text_completion", [], usage: usage)
    }

    private func chunk(_ delta: JSONValue, logprobs: JSONValue = .null, finish: JSONValue = .null) -> JSONObject {
        object(
            isChat ? "chat.completion.chunk" : "text_completion",
            [["index": 0, isChat ? "delta" : "text": delta, "logprobs": logprobs, "finish_reason": finish]],
            usage: chunksHaveUsage ? .some(.null) : .none)
    }

    private func object(_ kind: String, _ choices: [JSONValue], usage: JSONValue?) -> JSONObject {
        var object = JSONObject([
            (key: "id", value: .string(id)), (key: "object", value: .string(kind)),
            (key: "created", value: .integer(created)), (key: "model", value: model),
            (key: "choices", value: .array(choices)),
        ])
        if let usage { object["usage"] = usage }
        object["system_fingerprint"] = .string(fingerprint)
        return object
    }
}
