import Foundation
public import HTTPTransport
public import JSON

/// A response as a client sees it, whole or put together from a stream.
public struct Reply: Sendable {
    public let status: Int
    public let headers: HTTPHeaders
    public let json: JSONValue
    /// The events of a stream, `[DONE]` left out; empty for a whole response.
    public let events: [JSONValue]
    /// Whether a stream ended as it should.
    public let isDone: Bool

    public init(_ response: HTTPResponse) throws {
        status = response.status
        headers = response.headers
        guard response.headers["content-type"] == "text/event-stream" else {
            json = try JSONValue(parsing: response.body)
            events = []
            isDone = true
            return
        }
        let lines = String(decoding: response.body, as: UTF8.self).components(separatedBy: "\n\n")
        events = try lines.filter { $0.hasPrefix("data: {") }.map { try JSONValue(parsing: String($0.dropFirst(6))) }
        isDone = lines.filter { !$0.isEmpty }.last == "data: [DONE]"
        json = events.last { $0["choices"]?.arrayValue?.isEmpty == false } ?? .null
    }

    private var choice: JSONValue? { json["choices"]?.arrayValue?.first }

    /// The answer's text.
    public var text: String {
        guard !events.isEmpty else {
            return choice?["message"]?["content"]?.stringValue ?? choice?["text"]?.stringValue ?? ""
        }
        return events.compactMap { event in
            let choice = event["choices"]?.arrayValue?.first
            return choice?["delta"]?["content"]?.stringValue ?? choice?["text"]?.stringValue
        }.joined()
    }

    public var finish: String? { choice?["finish_reason"]?.stringValue }
    public var retort: JSONValue { json["retort"] ?? .null }
    public var version: Int? { retort["version"]?.integerValue }
    public var errorCode: String? { json["error"]?["code"]?.stringValue }
    public var errorMessage: String { json["error"]?["message"]?.stringValue ?? "" }
}
