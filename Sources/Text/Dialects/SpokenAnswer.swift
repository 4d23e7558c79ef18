package import Conversations
package import JSON

/// What a response says, in no vendor's words.
package struct SpokenAnswer: Sendable {
    /// Text parts joined.
    package var text = ""
    package var calls: [ToolCall] = []
    /// Why the answer ended, in the vendor's word.
    package var finish: String?
    /// The same in one word for all vendors.
    package var end = FinishReason.finished
    /// Whether the server marked it as a refusal.
    package var isRefusal = false
    /// Whether it holds parts that are neither text nor thoughts.
    package var hasOtherParts = false
    /// Whether the model thought, as far as the response shows.
    package var hasThoughts = false
    /// The log-probabilities as the server gave them.
    package var logprobs: JSONValue?

    /// - Parameter reason: a server that leaves it out finished; one that writes null did not.
    mutating func ended(_ reason: JSONValue?) {
        finish = reason?.stringValue
        end = reason == nil ? .finished : finish.map(FinishReason.init) ?? .unknown
    }

    /// Takes a part of a content that is a list.
    mutating func take(part: JSONValue) throws(MessageError) {
        switch part["type"]?.stringValue {
        case "text", "output_text":
            guard let piece = part["text"]?.stringValue else { throw MessageError("a text part without text") }
            text += piece
        case "refusal": isRefusal = true
        case "thinking", "redacted_thinking", "reasoning", "reasoning_text": hasThoughts = true
        case "tool_use", "server_tool_use":
            calls.append(
                ToolCall(
                    id: part["id"]?.stringValue, name: part["name"]?.stringValue ?? "",
                    arguments: (part["input"] ?? [:]).serialized()))
        default: hasOtherParts = true
        }
    }
}
