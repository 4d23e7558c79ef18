import Conversations
package import JSON

extension TeacherEndpoint {
    /// A request as it goes over the wire, with the most that it can be billed for unless the server goes beyond it.
    struct Draft: Sendable {
        var body: JSONObject
        var worst: TokenUsage

        var json: JSONValue { .object(body) }
    }

    /// What is known of the model before it is asked.
    var knownForm: RequestForm { RequestForm(model: model, dialect: dialect, host: host, overrides: overrides) }

    /// The body of a request in this endpoint's dialect, as it is sent when nothing was learned yet.
    package func body(of request: TeacherRequest) -> JSONValue { draft(of: request, knownForm).json }

    func draft(of request: TeacherRequest, _ form: RequestForm) -> Draft {
        var body = JSONObject()
        body["model"] = .string(model)
        let limit = TokenUsage.sum(request.maximumTokens, form.thinkingRoom)
        switch dialect {
        case .openai: fillOpenAI(&body, request, limit, form)
        case .anthropic: fillAnthropic(&body, request, limit)
        }
        if let temperature = request.temperature, form.takesTemperature { body["temperature"] = .number(temperature) }
        for member in request.extra.members { body[member.key] = member.value }
        if RequestForm.limitNames.contains(where: overrides.sets) {
            for name in RequestForm.limitNames { body[name] = nil }
        }
        for member in overrides.members.members { body[member.key] = member.value.unlessNull }
        let stated = RequestForm.limitNames.compactMap { body[$0]?.integerValue }.max() ?? limit
        var input = request.mostInputTokens
        if !overrides.members.isEmpty { input += JSONValue.object(overrides.members).serializedBytes().count }
        return Draft(body: body, worst: TokenUsage(input: input, output: stated))
    }

    private func fillOpenAI(_ body: inout JSONObject, _ request: TeacherRequest, _ limit: Int, _ form: RequestForm) {
        body["messages"] = .array(request.messages.map(\.json))
        body[form.limitName.rawValue] = .integer(limit)
        if let topLogprobs = request.topLogprobs {
            body["logprobs"] = true
            body["top_logprobs"] = .integer(topLogprobs)
        }
    }

    /// Anthropic has the system text apart, only the roles user and assistant, and tool calls as content blocks.
    private func fillAnthropic(_ body: inout JSONObject, _ request: TeacherRequest, _ limit: Int) {
        body["max_tokens"] = .integer(limit)
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
}

extension RequestForm {
    /// Every name that a limit of the answer goes by.
    static let limitNames = [LimitName.maxTokens.rawValue, LimitName.maxCompletionTokens.rawValue]
}
