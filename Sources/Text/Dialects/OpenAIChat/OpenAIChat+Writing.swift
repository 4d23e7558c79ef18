import Conversations
package import JSON

extension OpenAIChat {
    /// `{"prompt_tokens", "completion_tokens", "total_tokens"}`.
    ///
    /// - Parameter cached: tokens of the prompt that need not be computed again; nil where that is not told.
    package static func usage(prompt: Int, completion: Int, cached: Int? = nil) -> JSONValue {
        var usage = JSONObject([
            (key: "prompt_tokens", value: .integer(prompt)), (key: "completion_tokens", value: .integer(completion)),
            (key: "total_tokens", value: .integer(prompt + completion)),
        ])
        if let cached { usage["prompt_tokens_details"] = ["cached_tokens": .integer(cached)] }
        return .object(usage)
    }

    /// `{"content": […], "refusal": null}`: the log-probabilities of a choice, an entry a token.
    package static func logprobs(_ entries: [JSONValue]) -> JSONValue {
        ["content": .array(entries), "refusal": nil]
    }

    /// `{"error": {"message", "type", "param", "code"}}`.
    package static func error(
        type: String, code: String? = nil, parameter: String? = nil, message: String
    ) -> JSONValue {
        [
            "error": [
                "message": .string(message), "type": .string(type),
                "param": parameter.map(JSONValue.string) ?? .null, "code": code.map(JSONValue.string) ?? .null,
            ]
        ]
    }

    /// A word of any vendor in OpenAI's; `stop` where there is none.
    static func finishWord(_ word: String?) -> String {
        guard let word else { return "stop" }
        return switch FinishReason(word) {
        case .finished: "stop"
        case .truncated: "length"
        case .filtered: "content_filter"
        case .toolCalls: "tool_calls"
        default: word
        }
    }
}
