package import Conversations
package import Foundation
package import JSON
import PlainText
import Storage

/// An exchange with a model as a log kept it, read from whichever form it has.
package struct LogRecord: Sendable {
    package var time: Date
    /// The task that somebody tagged it with.
    package var tag: String?
    package var client: String?
    /// As it was logged.
    package var request: JSONValue
    /// The answer as a `chat.completion`; a streamed one is put together.
    package var response: JSONValue
    /// What a ``DecisionRecord`` says beside request and response, if it came from our own server.
    package var decision: JSONValue?
    package var messages: [Message]
    /// The message of the answer that counts.
    package var answer: Message

    /// How deeply texts may nest that stand in a record as JSON of their own.
    package static let innerDepth = JSONValue.maximumDepth - 32

    /// Keys of which every record has one at least.
    package static let keys = ["request", "response", "messages", "choices"]

    /// Reads one row of a log.
    ///
    /// - `{"request", "response", "timestamp", "workload_id", "client_id"}`, the NVIDIA flywheel's record
    ///   (README and Elasticsearch mapping of the blueprint); further keys are ignored, so that a
    ///   ``DecisionRecord`` reads as well.
    /// - the same with a list of `chat.completion.chunk` objects as the response, or with the response in an
    ///   envelope of `status_code` and `body`.
    /// - the request's members beside `response` instead of in `request`.
    /// - a stored completion: a `chat.completion` that carries its own `messages`.
    ///
    /// - Parameter notes: gets what was decided about the row.
    package init(_ record: JSONValue, notes: inout Set<RowNote>) throws(RowFault) {
        let (request, logged) = try LogRecord.pair(record)
        guard let list = request["messages"]?.arrayValue else { throw LogRecord.otherRequest(request) }
        messages = try LogRecord.messages(list)
        let response = try LogRecord.completion(logged, record: record)
        answer = try LogRecord.answer(response)
        if response["choices"]?.arrayValue?.count ?? 0 > 1 { notes.insert(.severalAnswers) }
        time = try LogRecord.time(record, response, &notes)
        // What a client writes into its request must not choose the tag of what our own server logs.
        let isOurs = record["decision"]?.objectValue != nil
        var places = [record["workload_id"], record["metadata"]?["workload_id"]]
        if !isOurs { places.insert(request["metadata"]?["workload_id"], at: 1) }
        for place in places where tag == nil { tag = try LogRecord.tag(place) }
        client = record["client_id"]?.stringValue ?? (isOurs ? nil : request["user"]?.stringValue)
        decision = record["decision"]
        self.request = request
        self.response = response
    }
}

extension LogRecord {
    // MARK: Request and response

    private static func pair(_ record: JSONValue) throws(RowFault) -> (request: JSONValue, response: JSONValue) {
        guard let object = record.objectValue else {
            throw RowFault(.noRequest, "\(record.kindName), expected an object")
        }
        if let request = object["request"], !request.isNull {
            let read = try LogRecord.unquoted(request)
            guard read.objectValue != nil else {
                throw RowFault(.noRequest, "request is \(request.kindName), expected an object")
            }
            return (read, object["response"] ?? .null)
        }
        if let messages = object["messages"] ?? object["input"], object["choices"] != nil {
            return split(object, messages)
        }
        guard object["messages"]?.arrayValue != nil, let response = object["response"] else {
            throw otherRecord(object)
        }
        let request = object.members.filter { requestFields.contains($0.key) }
        return (.object(JSONObject(request)), response)
    }

    /// A stored completion's two sides.
    private static func split(_ object: JSONObject, _ messages: JSONValue) -> (request: JSONValue, response: JSONValue)
    {
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

    /// The members of a record that are a request's, where they stand beside the response.
    private static let requestFields: Set<String> = [
        "messages", "model", "tools", "tool_choice", "functions", "function_call", "temperature", "top_p", "max_tokens",
        "max_completion_tokens", "response_format", "stop", "seed", "n", "logprobs", "top_logprobs", "stream", "user",
        "metadata", "reasoning_effort",
    ]

    private static func completion(_ logged: JSONValue, record: JSONValue) throws(RowFault) -> JSONValue {
        if isError(record["error"]) { throw RowFault(.errorResponse) }
        let logged = try unquoted(logged)
        switch logged {
        case .null: throw RowFault(.noResponse)
        case .array(let chunks):
            guard !chunks.isEmpty else { throw RowFault(.emptyResponse) }
            return try CompletionStream.completion(chunks)
        case .object(let object):
            if isError(object["error"]) { throw RowFault(.errorResponse) }
            if let status = object["status_code"]?.integerValue, !(200..<300).contains(status) {
                throw RowFault(.errorResponse, "status_code \(status)")
            }
            if object["object"]?.stringValue == "chat.completion.chunk" {
                return try CompletionStream.completion([logged])
            }
            if object["choices"] == nil, let body = object["body"], body.objectValue != nil {
                return try completion(body, record: .null)
            }
            if let other = otherResponse(object) { throw other }
            return logged
        default: throw RowFault(.noResponse, "response is \(logged.kindName), expected an object or a list of chunks")
        }
    }

    /// What a text holds that is JSON itself, or a stream as it came over the wire; anything else as it is.
    private static func unquoted(_ json: JSONValue) throws(RowFault) -> JSONValue {
        guard let text = json.stringValue else { return json }
        if let chunks = try CompletionStream.chunks(ofEvents: text) { return .array(chunks) }
        guard text.utf8.first(where: { $0 > 0x20 }).map({ $0 == 0x7B || $0 == 0x5B }) ?? false,
            let document = try? JSONDocument(parsing: text.utf8, depth: LogRecord.innerDepth)
        else { return json }
        return document.value
    }

    /// Whether a member `error` says that something went wrong: many loggers write it empty, false or null otherwise.
    static func isError(_ json: JSONValue?) -> Bool {
        switch json {
        case nil, .null?, .bool(false)?, .integer(0)?: false
        case .string(let text)?: !text.isBlank
        case .array(let elements)?: !elements.isEmpty
        case .object(let object)?: !object.isEmpty
        default: true
        }
    }

    // MARK: What the row says beside

    /// The members that may hold the time when an exchange began, the first that is understood.
    private static let timeFields = ["created_at", "@timestamp", "time", "start_time", "startTime", "ts"]

    private static func time(
        _ record: JSONValue, _ response: JSONValue, _ notes: inout Set<RowNote>
    ) throws(RowFault) -> Date {
        let candidates =
            [("timestamp", record["timestamp"]), ("created", response["created"])]
            + timeFields.map { ($0, record[$0]) }
        var unread: (name: String, json: JSONValue)?
        for case (let name, let json?) in candidates where !json.isNull {
            if let date = Timestamp.date(json) {
                if unread != nil { notes.insert(.otherTime) }
                return date
            }
            unread = unread ?? (name, json)
        }
        guard let unread else { throw RowFault(.noTime) }
        let text = unread.json.stringValue ?? (unread.json.isNumber ? unread.json.serialized() : unread.json.kindName)
        let isPlain = text.utf8.count <= 32 && text.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
        throw RowFault(
            .unreadableTime, "\(unread.name): \(isPlain ? "'\(text)'" : "a text"), expected \(Timestamp.forms)")
    }

    private static func tag(_ json: JSONValue?) throws(RowFault) -> String? {
        guard let text = json?.stringValue ?? json.flatMap({ $0.isNumber ? $0.serialized() : nil }), !text.isEmpty
        else {
            return nil
        }
        guard !text.utf8.contains(0) else { throw RowFault(.malformedMessage, "workload_id: a NUL, expected a name") }
        return text
    }
}
