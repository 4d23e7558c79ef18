import Conversations
import JSON
import PlainText

/// One choice of a streamed answer while its deltas arrive. Nothing that a delta says is lost: what has no rule of its
/// own here is joined where it is text or a list, and otherwise the last of it stands.
struct StreamedChoice {
    private struct Call {
        var index: Int
        var id: String?
        var name = ""
        var arguments = ""
    }

    private var role = "assistant"
    private var content = ""
    /// Parts of the content that are neither text nor thoughts.
    private var parts: [JSONValue] = []
    private var others = JSONObject()
    private var calls: [Call] = []
    private(set) var finishReason: String?
    /// What the chunks say of the answer's tokens; nil where none says anything.
    private var logprobs: [JSONValue]?

    /// Takes the next piece.
    ///
    /// - Returns: whether it may come now: text after the end is of another answer, or came before. Some servers give
    ///   every piece a reason to end.
    mutating func add(_ choice: JSONValue) -> Bool {
        let hadEnded = finishReason != nil
        let reason = choice["finish_reason"]?.stringValue ?? ""
        if !reason.isEmpty { finishReason = reason }
        if hadEnded, reason.isEmpty, StreamedChoice.speaks(choice["delta"]) { return false }
        if let entries = choice["logprobs"]?["content"]?.arrayValue { logprobs = (logprobs ?? []) + entries }
        let isEmpty = content.isEmpty && calls.isEmpty && parts.isEmpty
        // Some servers end with the whole message, some send nothing else.
        guard let delta = choice["delta"]?.objectValue ?? (isEmpty ? choice["message"]?.objectValue : nil) else {
            return true
        }
        for member in delta.members where !member.value.isNull {
            switch member.key {
            case "role": role = member.value.stringValue ?? role
            case "content": add(content: member.value)
            case "tool_calls": for call in member.value.arrayValue ?? [] { add(call: call) }
            case "function_call": add(function: member.value, at: calls.isEmpty ? newCall(index: 0) : 0)
            default: add(member)
            }
        }
        return true
    }

    /// Whether a delta adds to what is said.
    private static func speaks(_ delta: JSONValue?) -> Bool {
        if let text = delta?["content"]?.stringValue { return !text.isEmpty }
        return delta?["content"]?.arrayValue?.isEmpty == false || delta?["tool_calls"]?.arrayValue?.isEmpty == false
    }

    private mutating func add(content json: JSONValue) {
        guard let parts = json.arrayValue else {
            content += json.stringValue ?? ""
            return
        }
        for part in parts {
            if let text = part.stringValue ?? part["text"]?.stringValue {
                content += text
            } else if part["type"] == "thinking" {
                let thoughts = part["thinking"]?.arrayValue ?? [part]
                let text = thoughts.compactMap { ($0["text"] ?? $0["thinking"])?.stringValue }.joined()
                add((key: "reasoning_content", value: .string(text)))
            } else {
                self.parts.append(part)
            }
        }
    }

    private mutating func add(_ member: (key: String, value: JSONValue)) {
        switch (others[member.key], member.value) {
        case (.string(let before)?, .string(let more)): others[member.key] = .string(before + more)
        case (.array(let before)?, .array(let more)): others[member.key] = .array(before + more)
        default: others[member.key] = member.value
        }
    }

    // MARK: Calls

    private mutating func newCall(index: Int) -> Int {
        calls.append(Call(index: index))
        return calls.count - 1
    }

    private mutating func add(call: JSONValue) {
        let id = call["id"]?.stringValue.flatMap { $0.isEmpty ? nil : $0 }
        let place = self.place(of: call, id: id) ?? newCall(index: call["index"]?.integerValue ?? calls.count)
        if calls[place].id == nil { calls[place].id = id }
        add(function: call["function"] ?? .null, at: place)
    }

    /// The call that a delta goes on with; nil for the first delta of a call.
    ///
    /// An id says which one it is: some servers number all calls 0. A new id without a name is one that the server makes
    /// up for every delta. Without an id the index says it, the last call of that index; without both it is the last
    /// call, unless that has its name and the delta brings one.
    private func place(of call: JSONValue, id: String?) -> Int? {
        let index = call["index"]?.integerValue
        let hasName = !(call["function"]?["name"]?.stringValue ?? "").isEmpty
        if let id {
            if let known = calls.lastIndex(where: { $0.id == id }) { return known }
            guard let index else { return nil }
            return calls.lastIndex { $0.index == index && ($0.id == nil || !hasName) }
        }
        if let index { return calls.lastIndex { $0.index == index } }
        let isNew = hasName && !(calls.last?.name ?? "").isEmpty
        return isNew || calls.isEmpty ? nil : calls.count - 1
    }

    private mutating func add(function: JSONValue, at place: Int) {
        // A name comes in pieces, or whole with every delta.
        let name = function["name"]?.stringValue ?? ""
        if name != calls[place].name { calls[place].name += name }
        switch function["arguments"] {
        case .string(let text)?: calls[place].arguments += text
        case .object(let object)?: calls[place].arguments += JSONValue.object(object).serialized()
        default: break
        }
    }

    // MARK: The whole

    func json(index: Int) -> JSONValue {
        var message = JSONObject()
        message["role"] = .string(role)
        if parts.isEmpty {
            message["content"] = content.isEmpty && !calls.isEmpty ? .null : .string(content)
        } else {
            let text: [JSONValue] = content.isEmpty ? [] : [["type": "text", "text": .string(content)]]
            message["content"] = .array(text + parts)
        }
        for member in others.members where member.key != "refusal" || member.value != "" {
            message[member.key] = member.value
        }
        if !calls.isEmpty {
            // By index; of the same index, as they came.
            let ordered = calls.enumerated().sorted { ($0.element.index, $0.offset) < ($1.element.index, $1.offset) }
            message["tool_calls"] = .array(
                ordered.map { _, call in ToolCall(id: call.id, name: call.name, arguments: call.arguments).json })
        }
        var choice = JSONObject([(key: "index", value: .integer(index)), (key: "message", value: .object(message))])
        // Only where there are some: an exchange's id is that of what was logged.
        choice["logprobs"] = logprobs.map { ["content": .array($0)] }
        choice["finish_reason"] = finishReason.map(JSONValue.string) ?? .null
        return .object(choice)
    }
}
