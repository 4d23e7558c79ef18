import Conversations
import JSON

/// Anthropic's messages: requests written, responses read.
///
/// Source: Anthropic's API reference, "Messages".
enum AnthropicMessages {
    static let route = "/messages"
    static let keyField = "x-api-key"
    /// The word of an error about a model that is not there.
    static let unknownModel = "not_found_error"

    static func headers(key: String?) -> [(name: String, value: String)] {
        [("anthropic-version", "2023-06-01")] + (key.map { [(keyField, $0)] } ?? [])
    }

    /// The system text stands apart, there are only the roles user and assistant, and tool calls are content blocks.
    static func asking(_ question: Question) -> JSONObject {
        var body = JSONObject([(key: "max_tokens", value: .integer(question.limit))])
        var system: [String] = []
        var messages: [JSONValue] = []
        for message in question.messages {
            switch message.role {
            case .system, .developer: system.append(message.content)
            case .user: messages.append(["role": "user", "content": .string(message.content)])
            case .assistant where message.toolCalls.isEmpty:
                messages.append(["role": "assistant", "content": .string(message.content)])
            case .assistant:
                let text: [JSONValue] =
                    message.content.isEmpty ? [] : [["type": "text", "text": .string(message.content)]]
                messages.append(["role": "assistant", "content": .array(text + message.toolCalls.map(toolUse))])
            case .tool:
                let result: JSONValue = [
                    "type": "tool_result", "tool_use_id": .string(message.toolCallID ?? ""),
                    "content": .string(message.content),
                ]
                messages.append(["role": "user", "content": .array([result])])
            }
        }
        if !system.isEmpty { body["system"] = .string(system.joined(separator: "\n\n")) }
        body["messages"] = .array(messages)
        return body
    }

    private static func toolUse(_ call: ToolCall) -> JSONValue {
        let input: JSONValue
        do {
            input = try JSONValue(parsing: call.arguments)
        } catch {
            // Arguments that are not JSON are what some model wrote; the text is passed on under a name.
            input = ["arguments": .string(call.arguments)]
        }
        return ["type": "tool_use", "id": .string(call.id ?? ""), "name": .string(call.name), "input": input]
    }

    // MARK: Responses

    static func answer(in json: JSONValue) throws(MalformedResponse) -> SpokenAnswer {
        guard let blocks = json["content"]?.arrayValue else { throw MalformedResponse("no content blocks") }
        var said = SpokenAnswer()
        do throws(MessageError) {
            for block in blocks { try said.take(part: block) }
        } catch {
            throw MalformedResponse(error.description)
        }
        said.ended(json["stop_reason"])
        return said
    }

    static func usage(_ usage: JSONValue) throws(ReportedUsage.Refusal) -> TokenUsage {
        var input = try ReportedUsage.count(usage, "input_tokens", upTo: ReportedUsage.mostInput)
        for key in ["cache_creation_input_tokens", "cache_read_input_tokens"] {
            input += try ReportedUsage.optional(usage, key, upTo: ReportedUsage.mostInput) ?? 0
        }
        let output = try ReportedUsage.count(usage, "output_tokens", upTo: ReportedUsage.mostOutput)
        return TokenUsage(input: input, output: output)
    }
}
