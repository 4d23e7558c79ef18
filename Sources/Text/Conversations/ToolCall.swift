public import JSON

/// One call of a function that an assistant asked for.
public struct ToolCall: Sendable, Hashable {
    public var id: String?
    public var name: String
    /// The arguments as JSON text, the OpenAI form; some data carries them as an object instead.
    public var arguments: String

    public init(id: String? = nil, name: String, arguments: String) {
        self.id = id
        self.name = name
        self.arguments = arguments
    }

    /// Reads `{"id", "type": "function", "function": {"name", "arguments"}}`; arguments may be text or an object.
    public init(json: JSONValue) throws(MessageError) {
        guard json.objectValue != nil else {
            throw MessageError("tool_calls: an element that is \(json.kindName), expected an object")
        }
        guard let function = json["function"], !function.isNull else {
            throw MessageError("a tool call has no function name")
        }
        try self.init(function: function, in: "a tool call")
        id = try json.text("id")
    }

    /// Reads `{"name", "arguments"}`.
    ///
    /// - Parameter field: where this stands, for messages.
    init(function: JSONValue, in field: String) throws(MessageError) {
        guard function.objectValue != nil else {
            throw MessageError("\(field): \(function.kindName), expected an object with a name")
        }
        guard let name = try function.text("name") else { throw MessageError("\(field) has no function name") }
        switch function["arguments"] {
        case .string(let text)?: arguments = text
        case .object(let object)?: arguments = JSONValue.object(object).serialized()
        case nil, .null?: arguments = "{}"
        case let other?:
            throw MessageError("the arguments of \(field): \(other.kindName), expected a string or an object")
        }
        self.name = name
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["id"] = id.map(JSONValue.string)
        object["type"] = "function"
        object["function"] = ["name": .string(name), "arguments": .string(arguments)]
        return .object(object)
    }
}
