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
        guard let function = json["function"], let name = function["name"]?.stringValue else {
            throw MessageError("a tool call has no function name")
        }
        let arguments: String
        switch function["arguments"] {
        case .string(let text)?: arguments = text
        case .object(let object)?: arguments = JSONValue.object(object).serialized()
        case nil, .null?: arguments = "{}"
        case let other?:
            throw MessageError("the arguments of a tool call: \(other.kindName), expected a string or an object")
        }
        self.init(id: json["id"]?.stringValue, name: name, arguments: arguments)
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["id"] = id.map(JSONValue.string)
        object["type"] = "function"
        object["function"] = ["name": .string(name), "arguments": .string(arguments)]
        return .object(object)
    }
}
