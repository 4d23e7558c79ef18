import Conversations
package import JSON

/// Writes an answer as Anthropic's clients expect it: whole, or as the events of a stream.
///
/// Source: Anthropic's API reference, "Messages" and "Streaming messages".
package struct MessageWriter: Sendable {
    package var id: String
    /// The model that answers.
    package var model: JSONValue
    package var inputTokens: Int
    package var outputTokens: Int

    package init(id: String, model: JSONValue, inputTokens: Int, outputTokens: Int) {
        self.id = id
        self.model = model
        self.inputTokens = inputTokens
        self.outputTokens = outputTokens
    }

    /// The whole answer.
    package func whole(_ text: String, finish: String) -> JSONObject {
        message([["type": "text", "text": .string(text)]], finish: .string(finish))
    }

    /// The events of an answer that comes in pieces.
    package func events(_ pieces: [String], finish: String) -> [JSONValue] {
        let block: JSONValue = ["type": "text", "text": ""]
        let start: JSONValue = ["type": "content_block_start", "index": 0, "content_block": block]
        let deltas = pieces.map { piece -> JSONValue in
            let delta: JSONValue = ["type": "text_delta", "text": .string(piece)]
            return ["type": "content_block_delta", "index": 0, "delta": delta]
        }
        let end: [JSONValue] = [
            ["type": "content_block_stop", "index": 0],
            [
                "type": "message_delta", "delta": ["stop_reason": .string(finish), "stop_sequence": nil],
                "usage": ["output_tokens": .integer(outputTokens)],
            ],
            ["type": "message_stop"],
        ]
        return [["type": "message_start", "message": .object(message([], finish: .null))], start] + deltas + end
    }

    private func message(_ content: [JSONValue], finish: JSONValue) -> JSONObject {
        JSONObject([
            (key: "id", value: .string(id)), (key: "type", value: "message"), (key: "role", value: "assistant"),
            (key: "model", value: model), (key: "content", value: .array(content)),
            (key: "stop_reason", value: finish), (key: "stop_sequence", value: .null),
            (
                key: "usage",
                value: ["input_tokens": .integer(inputTokens), "output_tokens": .integer(outputTokens)]
            ),
        ])
    }
}

extension AnthropicMessages {
    /// `{"type": "error", "error": {"type", "message"}}`.
    static func error(type: String, message: String) -> JSONValue {
        ["type": "error", "error": ["type": .string(type), "message": .string(message)]]
    }

    /// A word of any vendor in Anthropic's; `end_turn` where there is none.
    static func finishWord(_ word: String?) -> String {
        guard let word else { return "end_turn" }
        return switch FinishReason(word) {
        case .finished: "end_turn"
        case .truncated: "max_tokens"
        case .refused, .filtered: "refusal"
        case .toolCalls: "tool_use"
        default: word
        }
    }
}
