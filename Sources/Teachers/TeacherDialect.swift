package import Conversations
import Storage

extension TeacherEndpoint {
    /// The body of a request in this endpoint's dialect.
    package func body(of request: TeacherRequest) -> JSONValue {
        var body = JSONObject()
        body["model"] = .string(model)
        switch dialect {
        case .openai: fillOpenAI(&body, request)
        case .anthropic: fillAnthropic(&body, request)
        }
        if let temperature = request.temperature { body["temperature"] = .number(temperature) }
        for member in request.extra.members { body[member.key] = member.value }
        return .object(body)
    }

    private func fillOpenAI(_ body: inout JSONObject, _ request: TeacherRequest) {
        body["messages"] = .array(request.messages.map(\.json))
        // OpenAI's newer models refuse the old name; most compatible servers know only that.
        let isOpenAI = host == "api.openai.com" || host.hasSuffix(".openai.azure.com")
        body[isOpenAI ? "max_completion_tokens" : "max_tokens"] = .integer(request.maximumTokens)
        if let topLogprobs = request.topLogprobs {
            body["logprobs"] = true
            body["top_logprobs"] = .integer(topLogprobs)
        }
    }

    /// Anthropic has the system text apart, only the roles user and assistant, and tool calls as content blocks.
    private func fillAnthropic(_ body: inout JSONObject, _ request: TeacherRequest) {
        body["max_tokens"] = .integer(request.maximumTokens)
        var system: [String] = []
        var messages: [JSONValue] = []
        for message in request.messages {
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
    }

    private func toolUse(_ call: ToolCall) -> JSONValue {
        let input: JSONValue
        do {
            input = try JSONValue(parsing: call.arguments)
        } catch {
            // Arguments that are not JSON are what some model wrote; the text is passed on under a name.
            input = ["arguments": .string(call.arguments)]
        }
        return ["type": "tool_use", "id": .string(call.id ?? ""), "name": .string(call.name), "input": input]
    }

    /// Reads a successful response.
    ///
    /// - Parameter usage: what to charge when the response reports no usage.
    /// - Throws: ``TeacherError/Kind/malformed`` when it is not what the dialect says.
    func response(from bytes: [UInt8], unlessReported usage: TokenUsage) throws(TeacherError) -> TeacherResponse {
        let json: JSONValue
        do {
            json = try JSONValue(parsing: bytes)
        } catch {
            throw malformed("not JSON: \(error.reason) at byte \(error.offset) of \(bytes.count)")
        }
        switch dialect {
        case .openai: return try openAIResponse(json, bytes, usage)
        case .anthropic: return try anthropicResponse(json, bytes, usage)
        }
    }

    private func malformed(_ what: String) -> TeacherError {
        TeacherError(.malformed, "response of \(origin): \(what), expected a \(dialect.rawValue) response")
    }

    private func openAIResponse(
        _ json: JSONValue, _ bytes: [UInt8], _ fallback: TokenUsage
    ) throws(TeacherError) -> TeacherResponse {
        guard let choice = json["choices"]?.arrayValue?.first, let message = choice["message"] else {
            throw malformed("no choices[0].message")
        }
        var calls: [ToolCall] = []
        for call in message["tool_calls"]?.arrayValue ?? [] {
            do {
                calls.append(try ToolCall(json: call))
            } catch {
                throw malformed(error.description)
            }
        }
        guard
            let text = message["content"]?.stringValue ?? message["refusal"]?.stringValue ?? (calls.isEmpty ? nil : "")
        else {
            throw malformed("no text in choices[0].message")
        }
        return make(
            text, calls, json, finish: choice["finish_reason"], logprobs: choice["logprobs"],
            usage: TokenUsage(
                reportedInput: json["usage"]?["prompt_tokens"]?.integerValue,
                reportedOutput: json["usage"]?["completion_tokens"]?.integerValue, otherwise: fallback), bytes)
    }

    private func anthropicResponse(
        _ json: JSONValue, _ bytes: [UInt8], _ fallback: TokenUsage
    ) throws(TeacherError) -> TeacherResponse {
        guard let blocks = json["content"]?.arrayValue else { throw malformed("no content blocks") }
        var text = ""
        var calls: [ToolCall] = []
        for block in blocks {
            switch block["type"]?.stringValue {
            case "text": text += block["text"]?.stringValue ?? ""
            case "tool_use":
                let input = (block["input"] ?? [:]).serialized()
                calls.append(
                    ToolCall(id: block["id"]?.stringValue, name: block["name"]?.stringValue ?? "", arguments: input))
            // Thinking, citations and whatever comes later are no part of the answer.
            default: continue
            }
        }
        let usage = json["usage"]
        let cached = ["cache_creation_input_tokens", "cache_read_input_tokens"].reduce(0) {
            $0 + (usage?[$1]?.integerValue ?? 0)
        }
        return make(
            text, calls, json, finish: json["stop_reason"], logprobs: nil,
            usage: TokenUsage(
                reportedInput: usage?["input_tokens"]?.integerValue.map { $0 + cached },
                reportedOutput: usage?["output_tokens"]?.integerValue, otherwise: fallback), bytes)
    }

    private func make(
        _ text: String, _ calls: [ToolCall], _ json: JSONValue, finish: JSONValue?, logprobs: JSONValue?,
        usage: TokenUsage, _ bytes: [UInt8]
    ) -> TeacherResponse {
        TeacherResponse(
            text: text, toolCalls: calls, model: json["model"]?.stringValue ?? model,
            finishReason: finish?.stringValue, usage: usage, cost: prices.cost(of: usage),
            digest: ContentDigest(of: bytes), logprobs: logprobs.flatMap { $0.isNull ? nil : $0 }, body: bytes,
            isCached: false, retries: 0)
    }
}
