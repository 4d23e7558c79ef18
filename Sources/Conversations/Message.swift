/// Why a JSON value is not a chat message.
public struct MessageError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

/// One message of a conversation, in the OpenAI chat-completion shape.
public struct Message: Sendable, Hashable {
    public var role: Role
    /// The text; the text parts of a message with several parts, joined.
    public var content: String
    public var name: String?
    public var toolCalls: [ToolCall]
    public var toolCallID: String?
    /// The weight of this message's tokens in a training loss; nil stands for 1 on an assistant's message.
    public var weight: Double?

    public init(
        _ role: Role, _ content: String, name: String? = nil, toolCalls: [ToolCall] = [],
        toolCallID: String? = nil, weight: Double? = nil
    ) {
        self.role = role
        self.content = content
        self.name = name
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
        self.weight = weight
    }

    /// Reads `{"role", "content", "name", "tool_calls", "tool_call_id", "weight"}`; content may be text, null or parts.
    public init(json: JSONValue) throws(MessageError) {
        guard json.objectValue != nil else { throw MessageError("a message: \(json.kindName), expected an object") }
        guard let roleName = json["role"]?.stringValue else { throw MessageError("a message has no role") }
        guard let role = Role(rawValue: roleName) else {
            let allowed = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw MessageError("role: '\(roleName)', expected one of \(allowed)")
        }
        var toolCalls: [ToolCall] = []
        for call in json["tool_calls"]?.arrayValue ?? [] { toolCalls.append(try ToolCall(json: call)) }
        self.init(
            role, try Message.text(of: json["content"] ?? .null), name: json["name"]?.stringValue,
            toolCalls: toolCalls, toolCallID: json["tool_call_id"]?.stringValue,
            weight: json["weight"]?.doubleValue)
    }

    private static func text(of content: JSONValue) throws(MessageError) -> String {
        switch content {
        case .string(let text): return text
        case .null: return ""
        case .array(let parts):
            var text = ""
            for part in parts {
                guard let type = part["type"]?.stringValue else { throw MessageError("a content part has no type") }
                if type == "text" || type == "input_text" || type == "output_text" {
                    text += part["text"]?.stringValue ?? ""
                }
            }
            return text
        default: throw MessageError("content: \(content.kindName), expected a string, null or an array of parts")
        }
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["role"] = .string(role.rawValue)
        object["content"] = .string(content)
        object["name"] = name.map(JSONValue.string)
        if !toolCalls.isEmpty { object["tool_calls"] = .array(toolCalls.map(\.json)) }
        object["tool_call_id"] = toolCallID.map(JSONValue.string)
        object["weight"] = weight.map(JSONValue.number)
        return .object(object)
    }
}
