import Conversations

/// Puts a streamed answer together: the `chat.completion` whose pieces the chunks are.
enum CompletionStream {
    /// One choice while its deltas arrive.
    private struct Choice {
        var role = "assistant"
        var content = ""
        var refusal = ""
        var calls: [(index: Int, id: String?, name: String, arguments: String)] = []
        var finishReason: String?
        /// What the chunks say of the answer's tokens; nil where none says anything.
        var logprobs: [JSONValue]?

        mutating func add(_ choice: JSONValue) {
            if let reason = choice["finish_reason"]?.stringValue { finishReason = reason }
            if let entries = choice["logprobs"]?["content"]?.arrayValue { logprobs = (logprobs ?? []) + entries }
            guard let delta = choice["delta"] else { return }
            if let role = delta["role"]?.stringValue { self.role = role }
            content += delta["content"]?.stringValue ?? ""
            refusal += delta["refusal"]?.stringValue ?? ""
            for call in delta["tool_calls"]?.arrayValue ?? [] { add(call: call) }
        }

        private mutating func add(call: JSONValue) {
            let index = call["index"]?.integerValue ?? calls.count
            let place = calls.firstIndex { $0.index == index } ?? calls.endIndex
            if place == calls.endIndex { calls.append((index, nil, "", "")) }
            if let id = call["id"]?.stringValue { calls[place].id = id }
            calls[place].name += call["function"]?["name"]?.stringValue ?? ""
            calls[place].arguments += call["function"]?["arguments"]?.stringValue ?? ""
        }

        func json(index: Int) -> JSONValue {
            var message = JSONObject()
            message["role"] = .string(role)
            message["content"] = content.isEmpty && !calls.isEmpty ? .null : .string(content)
            if !refusal.isEmpty { message["refusal"] = .string(refusal) }
            if !calls.isEmpty {
                let ordered = calls.sorted { $0.index < $1.index }
                message["tool_calls"] = .array(
                    ordered.map { ToolCall(id: $0.id, name: $0.name, arguments: $0.arguments).json })
            }
            var choice = JSONObject([(key: "index", value: .integer(index)), (key: "message", value: .object(message))])
            // Only where there are some: an exchange's id is that of what was logged.
            choice["logprobs"] = logprobs.map { ["content": .array($0)] }
            choice["finish_reason"] = finishReason.map(JSONValue.string) ?? .null
            return .object(choice)
        }
    }

    /// - Throws: ``DropReason/unfinishedStream`` when a choice never says why it ended,
    ///   ``DropReason/errorResponse`` when the stream carries an error.
    static func completion(_ chunks: [JSONValue]) throws(DropReason) -> JSONValue {
        var choices: [Int: Choice] = [:]
        var response = JSONObject()
        for chunk in chunks {
            guard chunk.objectValue != nil else { throw .noResponse }
            if let error = chunk["error"], !error.isNull { throw .errorResponse }
            for key in ["id", "created", "model", "system_fingerprint", "service_tier", "usage"] {
                if let value = chunk[key], !value.isNull { response[key] = value }
            }
            for choice in chunk["choices"]?.arrayValue ?? [] {
                choices[choice["index"]?.integerValue ?? 0, default: Choice()].add(choice)
            }
        }
        guard !choices.isEmpty, choices.values.allSatisfy({ $0.finishReason != nil }) else { throw .unfinishedStream }
        response["object"] = "chat.completion"
        response["choices"] = .array(choices.sorted { $0.key < $1.key }.map { $0.value.json(index: $0.key) })
        return .object(response)
    }
}
