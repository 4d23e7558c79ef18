import Foundation
import JSON
import PlainText
import StageInterface
import Storage

/// A conversation to render: `messages`, and perhaps `tools`, `add_generation_prompt`, `vars` and `now`.
struct ConversationFile {
    var messages: [JSONValue]
    var tools: [JSONValue]?
    var addsGenerationPrompt: Bool
    var variables: [String: JSONValue]
    /// The local time that the template is told; nil is the real one.
    var now: LocalTime?

    init(path: String) throws {
        let text = try TextFile.read(path)
        let json: JSONValue
        do {
            json = try JSONValue(parsing: text)
        } catch {
            throw StageFailure(.badInput, "\(path): \(error)")
        }
        func wrong(_ key: String, _ expected: String) -> StageFailure {
            StageFailure(.badInput, "\(path): \(key): \(json[key]?.kindName ?? "missing"), expected \(expected)")
        }
        guard let messages = json["messages"]?.arrayValue else { throw wrong("messages", "an array of messages") }
        self.messages = messages
        switch json["tools"] {
        case nil, .null?: tools = nil
        case .array(let tools)?: self.tools = tools
        default: throw wrong("tools", "an array or null")
        }
        switch json["add_generation_prompt"] {
        case nil, .null?: addsGenerationPrompt = false
        case .bool(let value)?: addsGenerationPrompt = value
        default: throw wrong("add_generation_prompt", "true or false")
        }
        variables = [:]
        switch json["vars"] {
        case nil, .null?: break
        case .object(let object)?: for (key, value) in object.members { variables[key] = value }
        default: throw wrong("vars", "an object")
        }
        switch json["now"] {
        case nil, .null?: break
        case .string(let text)?:
            guard let time = LocalTime(text) else {
                throw wrong("now", LocalTime.forms)
            }
            now = time
        default: throw wrong("now", LocalTime.forms)
        }
    }
}
