package import Conversations
package import JSON
import PlainText

extension LogRecord {
    static func messages(_ list: [JSONValue]) throws(RowFault) -> [Message] {
        guard !list.isEmpty else { throw RowFault(.emptyMessages) }
        var messages: [Message] = []
        messages.reserveCapacity(list.count)
        for (index, element) in list.enumerated() {
            do {
                messages.append(try message(saying(element)))
            } catch {
                throw RowFault(.malformedMessage, "messages[\(index)]: \(error.description.prefix(120))")
            }
        }
        guard messages.contains(where: { $0.role == .user }) else { throw RowFault(.noUserMessage) }
        guard messages.contains(where: { $0.role == .user && !$0.content.isBlank }) else {
            let hasParts = zip(messages, list).contains { message, json in
                message.role == .user && !(json["content"]?.arrayValue ?? []).isEmpty
            }
            throw hasParts ? RowFault(.noText, "pictures or sound alone") : RowFault(.emptyMessages)
        }
        return messages
    }

    /// What an assistant said in place of an answer is what it said, as in serving.
    private static func saying(_ json: JSONValue) -> JSONValue {
        guard var object = json.objectValue, json["role"]?.stringValue == "assistant",
            let refusal = json["refusal"]?.stringValue, !refusal.isEmpty,
            json["content"].map({ $0.isNull || $0 == "" }) ?? true
        else { return json }
        object["content"] = .string(refusal)
        return .object(object)
    }

    static func answer(_ response: JSONValue) throws(RowFault) -> Message {
        guard let choice = OpenAIChat.choice(of: response) else { throw RowFault(.emptyResponse) }
        if isError(choice["error"]) { throw RowFault(.errorResponse) }
        try checkFinished(choice["finish_reason"])
        guard let json = choice["message"], json.objectValue != nil else { throw RowFault(.emptyResponse) }
        let message: Message
        do { message = try LogRecord.message(json) } catch {
            throw RowFault(.malformedMessage, "the answer: \(error.description.prefix(120))")
        }
        // What was said before a refusal is no answer.
        let refusals = [json["refusal"]] + (json["content"]?.arrayValue ?? []).map { $0["refusal"] }
        if refusals.contains(where: { !($0?.stringValue ?? "").isEmpty }) { throw RowFault(.refusedResponse) }
        if message.toolCalls.isEmpty, message.content.isBlank { throw RowFault(.emptyResponse) }
        return message
    }

    /// A logged message, of whose content the texts count: pictures, sound and files stay in what was logged, for those
    /// who must know of them.
    package static func message(_ json: JSONValue) throws(MessageError) -> Message {
        guard var object = json.objectValue else { return try Message(json: json) }
        if let parts = object["content"]?.arrayValue {
            var text = ""
            for part in parts { text += try LogRecord.text(of: part) }
            object["content"] = .string(text)
        }
        return try Message(json: .object(object))
    }

    private static func text(of part: JSONValue) throws(MessageError) -> String {
        if let text = part.stringValue { return text }
        guard let type = part["type"]?.stringValue else { throw MessageError("a content part has no type") }
        guard Message.textPartTypes.contains(type) else { return "" }
        guard let text = part["text"]?.stringValue ?? part["text"]?["value"]?.stringValue else {
            throw MessageError("the text of a content part: \(part["text"]?.kindName ?? "missing"), expected a string")
        }
        return text
    }

    private static func checkFinished(_ reason: JSONValue?) throws(RowFault) {
        // A logger that never knew leaves the member out.
        guard let reason else { return }
        // A server writes null until the last chunk.
        guard let word = reason.stringValue, !word.isEmpty else {
            if reason.isNull || reason == "" {
                throw RowFault(
                    .unfinishedResponse,
                    "finish_reason is \(reason.isNull ? "null" : "empty"), expected stop or tool_calls")
            }
            throw RowFault(.unfinishedResponse, "finish_reason is \(reason.kindName), expected a text")
        }
        let name = word.utf8.count <= 40 && word.utf8.allSatisfy { (0x21..<0x7F).contains($0) } ? word : "an odd word"
        let detail = "finish_reason \(name)"
        switch FinishReason(word) {
        case .finished, .toolCalls: return
        case .truncated: throw RowFault(.truncatedResponse, word == "length" ? nil : detail)
        case .filtered: throw RowFault(.filteredResponse, word == "content_filter" ? nil : detail)
        case .refused: throw RowFault(.refusedResponse, detail)
        case .failed: throw RowFault(.errorResponse, detail)
        case .paused: throw RowFault(.unfinishedResponse, detail)
        case .unknown: throw RowFault(.unfinishedResponse, "\(detail), expected stop or tool_calls")
        }
    }
}
