public import JSON

/// Why a JSON value is not a chat message.
public struct MessageError: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
}

/// One message of a conversation, in the OpenAI chat-completion shape.
public struct Message: Sendable, Hashable {
    public var role: Role
    /// The text; the text parts of a message with several parts, joined. Empty where there is none.
    public var content: String
    /// Whether there is no content at all, JSON's `null`: templates tell that from an empty text.
    public var isContentNull: Bool
    public var name: String?
    public var toolCalls: [ToolCall]
    public var toolCallID: String?
    /// What an assistant thought before it answered (`reasoning_content`), for templates that write it.
    public var reasoning: String?
    /// The weight of this message's tokens in a training loss; nil stands for 1 on an assistant's message.
    public var weight: Double?

    /// - Parameter content: nil is JSON's `null`.
    public init(
        _ role: Role, _ content: String?, name: String? = nil, toolCalls: [ToolCall] = [],
        toolCallID: String? = nil, reasoning: String? = nil, weight: Double? = nil
    ) {
        self.role = role
        self.content = content ?? ""
        isContentNull = content == nil
        self.name = name
        self.toolCalls = toolCalls
        self.toolCallID = toolCallID
        self.reasoning = reasoning
        self.weight = weight
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["role"] = .string(role.rawValue)
        object["content"] = isContentNull && content.isEmpty ? .null : .string(content)
        object["reasoning_content"] = reasoning.map(JSONValue.string)
        object["name"] = name.map(JSONValue.string)
        if !toolCalls.isEmpty { object["tool_calls"] = .array(toolCalls.map(\.json)) }
        object["tool_call_id"] = toolCallID.map(JSONValue.string)
        object["weight"] = weight.map(JSONValue.number)
        return .object(object)
    }
}

extension Message {
    /// Equal when written alike, byte for byte: `String` would take other bytes of the same look for equal.
    public static func == (left: Message, right: Message) -> Bool {
        left.json.serializedBytes() == right.json.serializedBytes()
    }

    public func hash(into hasher: inout Hasher) { hasher.combine(json.serializedBytes()) }
}
