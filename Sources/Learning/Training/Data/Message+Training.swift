import Conversations
import JSON
import PlainText
import Storage

extension [JSONValue] {
    /// Messages of a training line. Nothing in them is passed over: a key that is not known is an error.
    func trainingMessages() throws -> [Message] {
        try enumerated().map { index, json in
            try TrainingError.at("message \(index + 1)") { try Message(training: json) }
        }
    }
}

extension Message {
    private static let keys = [
        "role", "content", "name", "tool_calls", "tool_call_id", "weight", "logprobs", "function_call",
        "reasoning_content", "reasoning",
    ]

    fileprivate init(training json: JSONValue) throws {
        self = try Message(json: json)
        for (key, value) in json.objectValue?.members ?? []
        where !Message.keys.contains(key) && !value.isNull && value != [] {
            let guess = Spelling.nearest(to: key, among: Message.keys).map { "; did you mean '\($0)'?" } ?? ""
            throw TrainingError(
                "\(key): not a field of a message, expected \(Message.keys.joined(separator: ", "))\(guess)")
        }
        weight = try json.trainingWeight()
        for key in ["reasoning_content", "reasoning"] {
            guard let thought = json[key], !thought.isNull else { continue }
            guard let text = thought.stringValue else {
                throw TrainingError("\(key): \(thought.kindName), expected a string")
            }
            guard role == .assistant else { throw TrainingError("\(key): role \(role.rawValue), expected assistant") }
            reasoning = text
        }
        guard toolCalls.isEmpty || role == .assistant else {
            throw TrainingError("tool_calls: role \(role.rawValue), expected assistant")
        }
        // What an assistant that counts must say is checked where it is learned.
        if isContentNull, role != .assistant {
            throw TrainingError("content: \(json["content"] == nil ? "missing" : "null"), expected text")
        }
    }

    /// One turn of ShareGPT's form.
    init(shareGPT turn: JSONValue) throws {
        guard let from = turn["from"]?.stringValue, let value = turn["value"]?.stringValue else {
            throw TrainingError("\(turn.kindName) without 'from' and 'value', expected two texts")
        }
        for (key, value) in turn.objectValue?.members ?? []
        where !["from", "value", "weight"].contains(key) && !value.isNull {
            throw TrainingError("\(key): not a field of a turn, expected from, value, weight")
        }
        switch from {
        case "system": self.init(.system, value)
        case "human", "user": self.init(.user, value)
        case "gpt", "assistant", "chatgpt", "model": self.init(.assistant, value)
        case "observation", "tool": self.init(.tool, value)
        case "function_call":
            let call: JSONValue
            do { call = try JSONValue(parsing: value) } catch {
                throw TrainingError("value: a call that is not JSON, expected {\"name\", \"arguments\"}")
            }
            self = try Message(json: ["role": "assistant", "content": nil, "function_call": call])
        default:
            throw TrainingError(
                "from: '\(from)', expected one of system, human, gpt, function_call, observation")
        }
        weight = try turn.trainingWeight()
    }
}

extension JSONValue {
    /// A message's own `weight`; nil where it has none.
    fileprivate func trainingWeight() throws -> Double? {
        guard let weight = self["weight"]?.unlessNull else { return nil }
        guard let number = weight.doubleValue, number.isFinite, number >= 0 else {
            throw TrainingError("weight: \(weight.serialized()), expected a number from 0 on")
        }
        return number
    }
}
