import Conversations
import JSON
import PlainText
import Storage

extension TrainingLine.Conversation {
    /// OpenAI's form.
    init(_ json: JSONValue) throws {
        guard let list = json["messages"]?.arrayValue else {
            throw TrainingError("messages: \(json["messages"]?.kindName ?? "missing"), expected an array")
        }
        try TrainingLine.Conversation.checkKeys(json)
        messages = try list.trainingMessages()
        tools = try json.trainingTools()
        for (index, message) in list.enumerated() {
            guard let stored = message["logprobs"], !stored.isNull, stored["content"] != JSONValue.null else {
                continue
            }
            guard messages[index].role == .assistant else {
                throw TrainingError(
                    "message \(index + 1): logprobs on a message of role \(messages[index].role.rawValue), "
                        + "expected them on an assistant's")
            }
            logProbabilities[index] = stored
        }
        try begin(with: json)
    }

    /// `{"conversations": [{"from": "human", "value": "Hi."}, {"from": "gpt", "value": "Hello."}]}`, as ShareGPT and many
    /// data sets have it.
    init(shareGPT json: JSONValue) throws {
        guard let list = json["conversations"]?.arrayValue else {
            throw TrainingError("conversations: \(json["conversations"]?.kindName ?? "missing"), expected an array")
        }
        // Some have OpenAI's messages under this name.
        if list.contains(where: { $0["role"] != nil }) {
            messages = try list.trainingMessages()
        } else {
            messages = try list.enumerated().map { index, turn in
                try TrainingError.at("turn \(index + 1)") { try Message(shareGPT: turn) }
            }
        }
        tools = try json.trainingTools()
        try begin(with: json)
    }

    /// `{"prompt", "completion"}`, each a text or an array of messages.
    init(prompted json: JSONValue) throws {
        func messages(_ key: String, _ role: Role) throws -> [Message] {
            switch json[key] {
            case .string(let text)?: return [Message(role, text)]
            case .array(let list)?: return try list.trainingMessages()
            case nil, .null?: throw TrainingError("\(key): missing, expected a text or an array of messages")
            case let other?: throw TrainingError("\(key): \(other.kindName), expected a text or an array of messages")
            }
        }
        let prompt = try messages("prompt", .user)
        let completion = try messages("completion", .assistant)
        // Only what completes the prompt is learned.
        self.messages =
            prompt.map { message in
                var given = message
                if given.role == .assistant { given.weight = 0 }
                return given
            } + completion
        tools = try json.trainingTools()
        try begin(with: json)
    }

    /// Puts a `system` text of the line's own before its messages, and sees to it that there are some.
    private mutating func begin(with json: JSONValue) throws {
        guard !messages.isEmpty else { throw TrainingError("messages: empty, expected at least one") }
        guard let system = try json.systemMessage() else { return }
        guard messages[0].role != .system else {
            throw TrainingError("system: beside a message of role system, expected one of them")
        }
        messages.insert(system, at: 0)
        logProbabilities = Dictionary(uniqueKeysWithValues: logProbabilities.map { ($0.key + 1, $0.value) })
    }

    /// Keys of a line that say something of the conversation. What a line holds besides, such as where it came from, is left
    /// alone; what looks like one of these is not.
    private static let keys = ["messages", "tools", "functions", "system"]

    private static func checkKeys(_ json: JSONValue) throws {
        for key in json.objectValue?.keys ?? [] where !keys.contains(key) && json[key]?.isNull == false {
            guard let meant = Spelling.nearest(to: key, among: keys), abs(key.count - meant.count) <= 1 else {
                continue
            }
            throw TrainingError("\(key): not a field of a conversation; did you mean '\(meant)'?")
        }
    }
}

extension JSONValue {
    /// A line's `system` text, as Anthropic and some data sets have it.
    func systemMessage() throws -> Message? {
        guard let system = self["system"], !system.isNull, system != "" else { return nil }
        guard let text = system.stringValue else {
            throw TrainingError("system: \(system.kindName), expected a text")
        }
        return Message(.system, text)
    }

    /// A line's `tools`, or its `functions` of OpenAI's older form. Many data sets keep them as JSON text.
    func trainingTools() throws -> [JSONValue]? {
        if let tools = self["tools"], !tools.isNull { return try tools.toolList("tools") }
        guard let functions = self["functions"], !functions.isNull else { return nil }
        return try functions.toolList("functions")?.map { ["type": "function", "function": $0] }
    }

    private func toolList(_ key: String) throws -> [JSONValue]? {
        var list = arrayValue
        if let text = stringValue {
            do { list = try JSONValue(parsing: text).arrayValue } catch {
                throw TrainingError("\(key): a text that is not JSON, expected an array")
            }
        }
        guard let list else { throw TrainingError("\(key): \(kindName), expected an array") }
        for (index, tool) in list.enumerated() where tool.objectValue == nil {
            throw TrainingError("\(key)[\(index)]: \(tool.kindName), expected an object")
        }
        return list.isEmpty ? nil : list
    }
}
