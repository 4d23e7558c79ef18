import Answering
import Conversations
import JSON
import PlainText
import Tokenizers

extension PromptEncoder {
    /// Refuses what the model's template would leave out of the prompt: names, calls, and what tools answered.
    ///
    /// Found by changing it: a prompt that stays the same does not have it.
    func checkUse(of messages: [Message], at moment: LocalTime) throws {
        let whole: [TokenID]
        // What cannot be rendered at all is said where the answer is made.
        do { whole = try prompt(messages, at: moment) } catch { return }
        let parts: [(field: String, has: (Message) -> Bool, change: (inout JSONObject) -> Void)] = [
            ("name", { $0.name != nil }, { $0["name"] = "somebody" }),
            (
                "tool_calls", { !$0.toolCalls.isEmpty },
                { $0["tool_calls"] = [["id": "1", "type": "function", "function": ["name": "q", "arguments": "{}"]]] }
            ),
            ("content", { $0.role == .tool }, { $0["content"] = "something else" }),
        ]
        for (field, has, change) in parts {
            guard let first = messages.firstIndex(where: has) else { continue }
            let changed = try messages.map { message -> Message in
                guard has(message), var object = message.json.objectValue else { return message }
                change(&object)
                return try Message(json: .object(object))
            }
            guard let other = try? prompt(changed, at: moment), other == whole else { continue }
            let place = "messages[\(first)].\(field)"
            throw APIError.unsupported(place, "this model's chat template does not write it")
        }
    }
}
