import Conversations
import JSON

/// Reads a chat's messages. What a message holds is part of the prompt or refused by its place: nothing that was sent
/// is left out unsaid.
struct RequestMessages {
    /// The identifiers of the calls so far, which a tool's message answers.
    private var calls: Set<String> = []

    static func read(_ fields: RequestFields) throws -> [Message] {
        guard let value = fields["messages"], let list = value.arrayValue, !list.isEmpty else {
            throw APIError.invalid("messages: expected an array of at least one message", parameter: "messages")
        }
        var reader = RequestMessages()
        return try list.enumerated().map { try reader.message($1, "messages[\($0)]") }
    }

    private mutating func message(_ json: JSONValue, _ place: String) throws -> Message {
        guard let object = json.objectValue else { throw RequestFields.wrong(place, json, "an object") }
        let sent = JSONObject(object.members.filter { !$0.value.isNull })
        guard let role = sent["role"]?.stringValue else {
            throw APIError.invalid("\(place).role: missing, expected a role", parameter: "\(place).role")
        }
        guard let known = Role(rawValue: role) else {
            let allowed = Role.allCases.map(\.rawValue).joined(separator: ", ")
            throw APIError.invalid(
                "\(place): role: '\(role.prefix(40))', expected one of \(allowed)", parameter: "\(place).role")
        }
        var read = JSONObject()
        read["role"] = .string(known.rawValue)
        for (field, value) in sent.members {
            read[field] = try part(field, value, known, place) ?? read[field]
        }
        if known == .tool, read["tool_call_id"] == nil {
            throw APIError.invalid(
                "\(place).tool_call_id: missing, expected the id of the call that is answered",
                parameter: "\(place).tool_call_id")
        }
        // What an assistant said in place of an answer is what it said.
        if let refusal = read["refusal"] {
            guard read["content"] == nil || read["content"] == "" else {
                throw APIError.unsupported("\(place).refusal", "not beside content")
            }
            read["content"] = refusal
            read["refusal"] = nil
        }
        if read["content"] == nil, read["tool_calls"] == nil {
            throw APIError.invalid(
                "\(place).content: missing, expected a text or an array of parts", parameter: "\(place).content")
        }
        do {
            return try Message(json: .object(read))
        } catch {
            throw APIError.invalid("\(place): \(error.description)", parameter: place)
        }
    }

    /// One field as the message keeps it; nil for one that asks for nothing.
    private mutating func part(
        _ field: String, _ value: JSONValue, _ role: Role, _ place: String
    ) throws -> JSONValue? {
        let place = "\(place).\(field)"
        switch field {
        case "role": return nil
        case "content": return .string(try text(of: value, place))
        case "name":
            guard value.stringValue?.isEmpty == false else { throw RequestFields.wrong(place, value, "a text") }
            return value
        case "tool_calls" where role == .assistant:
            guard let list = value.arrayValue else { throw RequestFields.wrong(place, value, "an array of calls") }
            for (index, call) in list.enumerated() { try check(call, "\(place)[\(index)]") }
            return list.isEmpty ? .none : .some(value)
        case "tool_call_id" where role == .tool:
            guard let id = value.stringValue else { throw RequestFields.wrong(place, value, "a text") }
            guard calls.contains(id) else {
                throw APIError.invalid(
                    "\(place): '\(id.prefix(40))', expected the id of an earlier call", parameter: place)
            }
            return value
        case "function_call":
            throw APIError.unsupported(place, "the older form of a call, expected tool_calls")
        case "refusal" where role == .assistant:
            guard let text = value.stringValue else { throw RequestFields.wrong(place, value, "a text") }
            return text.isEmpty ? .none : .some(value)
        case "refusal", "reasoning_content", "reasoning":
            guard value == "" else { throw APIError.unsupported(place, "not supported in a message") }
            return nil
        case "annotations":
            guard value.arrayValue?.isEmpty == true else {
                throw APIError.unsupported(place, "not supported in a message")
            }
            return nil
        case "prefix", "partial":
            guard value == false else { throw APIError.unsupported(place, "an answer cannot be begun by the client") }
            return nil
        case "cache_control":
            try checkNote(value, place)
            return nil
        case "tool_calls", "tool_call_id":
            throw APIError.unsupported(place, "not in a message of role '\(role.rawValue)'")
        default: throw APIError.unsupported(String(place.prefix(120)), "unknown field")
        }
    }

    private func text(of content: JSONValue, _ place: String) throws -> String {
        if let text = content.stringValue { return text }
        guard let parts = content.arrayValue, !parts.isEmpty else {
            throw RequestFields.wrong(place, content, "a text or an array of parts")
        }
        return try parts.enumerated().map { index, part in
            let whole = place
            let place = "\(place)[\(index)]"
            let type = part["type"]?.stringValue ?? "none"
            guard Message.textPartTypes.contains(type) else {
                throw APIError.invalid(
                    "\(whole): a part of type '\(type.prefix(40))', expected text", parameter: place,
                    code: "unsupported_parameter")
            }
            guard let text = part["text"]?.stringValue else {
                throw RequestFields.wrong("\(place).text", part["text"] ?? .null, "a text")
            }
            for (key, value) in part.objectValue?.members ?? [] where !value.isNull {
                guard ["type", "text", "cache_control"].contains(key) || value.arrayValue?.isEmpty == true else {
                    throw APIError.unsupported("\(place).\(key.prefix(80))", "unknown field")
                }
                if key == "cache_control" { try checkNote(value, "\(place).\(key)") }
            }
            return text
        }.joined()
    }

    /// What changes no answer is taken where it is only a note.
    private func checkNote(_ value: JSONValue, _ place: String) throws {
        let size = value.serializedBytes().count
        guard size <= 512 else {
            throw APIError.invalid("\(place): \(size) bytes, expected at most 512", parameter: place)
        }
    }

    private mutating func check(_ call: JSONValue, _ place: String) throws {
        func text(_ value: JSONValue?, _ field: String) throws -> String {
            guard let text = value?.stringValue else {
                throw RequestFields.wrong("\(place).\(field)", value ?? .null, "a text")
            }
            return text
        }
        guard let object = call.objectValue else { throw RequestFields.wrong(place, call, "an object") }
        calls.insert(try text(object["id"], "id"))
        let type = object["type"] ?? .null
        guard type.isNull || type == "function" else {
            throw APIError.unsupported("\(place).type", "expected 'function'")
        }
        _ = try text(object["function"]?["name"], "function.name")
        _ = try text(object["function"]?["arguments"], "function.arguments")
        let unknown =
            object.keys.first { !["id", "type", "function", "index"].contains($0) }
            ?? object["function"]?.objectValue?.keys.first { !["name", "arguments"].contains($0) }.map {
                "function.\($0)"
            }
        if let unknown { throw APIError.unsupported("\(place).\(unknown.prefix(80))", "unknown field") }
        if let index = object["index"] { try checkNote(index, "\(place).index") }
    }
}
