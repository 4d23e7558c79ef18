public import Conversations
import Foundation

extension Interaction {
    /// Reads one row of a log.
    ///
    /// - `{"request", "response", "timestamp", "workload_id", "client_id"}`, the NVIDIA flywheel's record
    ///   (README and Elasticsearch mapping of the blueprint); further keys are ignored, so that a
    ///   ``DecisionRecord`` reads as well.
    /// - the same with a list of `chat.completion.chunk` objects as the response.
    /// - a stored completion: a `chat.completion` that carries its own `messages`.
    ///
    /// - Parameters:
    ///   - wanted: the workload wanted: rows tagged otherwise are dropped. nil takes all.
    ///   - untagged: the workload of rows without a tag.
    public init(record: JSONValue, workload wanted: String? = nil, untagged: String? = nil) throws(DropReason) {
        let (request, logged) = try Interaction.pair(record)
        guard let list = request["messages"]?.arrayValue else { throw .noRequest }
        let messages = try Interaction.messages(list)
        let response = try Interaction.completion(logged, record: record)
        let answer = try Interaction.answer(response)
        guard
            let time = Timestamp.date(record["timestamp"]) ?? Timestamp.date(response["created"])
                ?? Timestamp.date(record["created_at"])
        else { throw .noTime }
        let tag =
            record["workload_id"]?.stringValue ?? request["metadata"]?["workload_id"]?.stringValue
            ?? record["metadata"]?["workload_id"]?.stringValue
        if let wanted, let tag, tag != wanted { throw .otherWorkload }
        self.init(
            time: time, workload: tag ?? untagged ?? wanted,
            client: record["client_id"]?.stringValue ?? request["user"]?.stringValue, request: request,
            response: response, decision: record["decision"], messages: messages, answer: answer)
    }

    private static func pair(_ record: JSONValue) throws(DropReason) -> (request: JSONValue, response: JSONValue) {
        guard let object = record.objectValue else { throw .noRequest }
        if let request = object["request"] {
            guard request.objectValue != nil else { throw .noRequest }
            return (request, object["response"] ?? .null)
        }
        guard let messages = object["messages"] ?? object["input"], object["choices"] != nil else { throw .noRequest }
        var request = JSONObject()
        var response = JSONObject()
        for member in object.members where !["messages", "input", "timestamp"].contains(member.key) {
            if answerFields.contains(member.key) { response[member.key] = member.value }
            if !answerFields.contains(member.key) || member.key == "model" { request[member.key] = member.value }
        }
        request["messages"] = messages
        return (.object(request), .object(response))
    }

    /// The members of a stored completion that the model's side wrote; all others were in the request.
    private static let answerFields: Set<String> = [
        "id", "object", "created", "model", "choices", "usage", "system_fingerprint", "service_tier",
    ]

    private static func messages(_ list: [JSONValue]) throws(DropReason) -> [Message] {
        guard !list.isEmpty else { throw .emptyMessages }
        var messages: [Message] = []
        messages.reserveCapacity(list.count)
        for element in list {
            do { messages.append(try Message(json: element)) } catch { throw .malformedMessage }
        }
        let isSaid = { (message: Message) in message.content.utf8.contains { $0 > 0x20 } }
        guard messages.contains(where: { $0.role == .user }) else { throw .noUserMessage }
        guard messages.contains(where: { $0.role == .user && isSaid($0) }) else { throw .emptyMessages }
        return messages
    }

    private static func completion(_ logged: JSONValue, record: JSONValue) throws(DropReason) -> JSONValue {
        if let error = record["error"], !error.isNull { throw .errorResponse }
        switch logged {
        case .null: throw .noResponse
        case .array(let chunks):
            guard !chunks.isEmpty else { throw .emptyResponse }
            return try CompletionStream.completion(chunks)
        case .object(let object):
            if let error = object["error"], !error.isNull { throw .errorResponse }
            if object["object"]?.stringValue == "chat.completion.chunk" {
                return try CompletionStream.completion([logged])
            }
            return logged
        default: throw .noResponse
        }
    }

    private static func answer(_ response: JSONValue) throws(DropReason) -> Message {
        guard let choices = response["choices"]?.arrayValue, let choice = choices.first else { throw .emptyResponse }
        switch choice["finish_reason"] {
        case .string("length")?: throw .truncatedResponse
        case .string("content_filter")?: throw .filteredResponse
        // A server writes null until the last chunk; a logger that never knew leaves the member out.
        case .null?: throw .unfinishedStream
        default: break
        }
        guard let json = choice["message"], json.objectValue != nil else { throw .emptyResponse }
        let message: Message
        do { message = try Message(json: json) } catch { throw .malformedMessage }
        if message.toolCalls.isEmpty, !message.content.utf8.contains(where: { $0 > 0x20 }) {
            if let refusal = json["refusal"]?.stringValue, !refusal.isEmpty { throw .refusedResponse }
            throw .emptyResponse
        }
        return message
    }
}
