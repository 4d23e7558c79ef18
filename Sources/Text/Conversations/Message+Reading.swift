public import JSON

extension Message {
    /// Reads `{"role", "content", "name", "tool_calls", "tool_call_id", "weight"}`; content may be text, null or parts of
    /// text. A field that is `null` is as good as missing; one of another type is an error, never a message without it.
    ///
    /// OpenAI's older form is read too: `function_call` is a tool call without an id, the role `function` is a tool.
    /// `reasoning_content` is left to who wants it: a service's own model should not be told what another one thought.
    public init(json: JSONValue) throws(MessageError) {
        guard json.objectValue != nil else { throw MessageError("a message: \(json.kindName), expected an object") }
        self.init(
            try Message.role(json), try Message.content(json["content"] ?? .null), name: try json.text("name"),
            toolCalls: try Message.toolCalls(json), toolCallID: try json.text("tool_call_id"),
            weight: json["weight"]?.doubleValue)
    }

    private static func role(_ json: JSONValue) throws(MessageError) -> Role {
        guard let name = try json.text("role") else { throw MessageError("a message has no role") }
        if name == "function" { return .tool }
        guard let role = Role(rawValue: name) else {
            let allowed = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw MessageError("role: '\(name)', expected one of \(allowed)")
        }
        return role
    }

    /// The types of content parts that are text, in requests and in responses.
    public static let textPartTypes: Set<String> = ["text", "input_text", "output_text"]

    /// nil for null.
    private static func content(_ content: JSONValue) throws(MessageError) -> String? {
        switch content {
        case .string(let text): return text
        case .null: return nil
        case .array(let parts):
            var text = ""
            for part in parts {
                guard let type = try part.text("type") else { throw MessageError("a content part has no type") }
                guard textPartTypes.contains(type) else {
                    throw MessageError("content: a part of type '\(type)', expected text")
                }
                guard let said = part["text"]?.stringValue else {
                    throw MessageError(
                        "content: the text of a part: \(part["text"]?.kindName ?? "missing"), expected a string")
                }
                text += said
            }
            return text
        default: throw MessageError("content: \(content.kindName), expected a string, null or an array of parts")
        }
    }

    private static func toolCalls(_ json: JSONValue) throws(MessageError) -> [ToolCall] {
        var toolCalls: [ToolCall] = []
        switch json["tool_calls"] {
        case nil, .null?: break
        case .array(let calls)?: for call in calls { toolCalls.append(try ToolCall(json: call)) }
        case let other?: throw MessageError("tool_calls: \(other.kindName), expected an array")
        }
        if let call = json["function_call"], !call.isNull {
            guard toolCalls.isEmpty else { throw MessageError("function_call and tool_calls, expected one of them") }
            toolCalls = [try ToolCall(function: call, in: "function_call")]
        }
        return toolCalls
    }
}

extension JSONValue {
    /// A member that is a text, or nil where there is none.
    func text(_ key: String) throws(MessageError) -> String? {
        guard let value = self[key], !value.isNull else { return nil }
        guard let text = value.stringValue else {
            throw MessageError("\(key): \(value.kindName), expected a string")
        }
        return text
    }
}
