import Dialects
import JSON
import NIOCore

/// A refusal in OpenAI's shape: `{"error": {"message", "type", "param", "code"}}` with its HTTP status.
struct APIError: Error, Sendable {
    var status: Int
    var message: String
    var type = "invalid_request_error"
    var parameter: String?
    var code: String?
    /// Seconds after which trying again makes sense.
    var retryAfter: Int?
    /// Further header fields of the answer.
    var fields: [(name: String, value: String)] = []

    static func invalid(_ message: String, parameter: String? = nil, code: String? = nil) -> APIError {
        APIError(status: 400, message: message, parameter: parameter, code: code)
    }

    static func unsupported(_ field: String, _ reason: String) -> APIError {
        .invalid("\(field): \(reason)", parameter: field, code: "unsupported_parameter")
    }

    static func tooLarge(_ limit: Int) -> APIError {
        APIError(
            status: 413, message: "the request body is larger than \(limit) bytes", code: "request_too_large")
    }

    /// More requests wait than the queue holds.
    static func overloaded(waiting: Int) -> APIError {
        APIError(
            status: 429, message: "the server is busy: \(waiting) requests are waiting", type: "rate_limit_error",
            code: "queue_full", retryAfter: 1)
    }

    static func timeout(seconds: Double) -> APIError {
        APIError(
            status: 503, message: "no answer within \(seconds) seconds", type: "timeout_error", code: "timeout",
            retryAfter: 2)
    }

    /// All connections that the server takes are at work.
    static let tooManyConnections = APIError(
        status: 503, message: "the server is busy: it has as many connections as it takes", type: "rate_limit_error",
        code: "too_many_connections", retryAfter: 1)

    /// The requests that are being received are all the bytes that the server holds.
    static let tooManyBytes = APIError(
        status: 503, message: "the server is busy: it is receiving as many bytes as it takes", type: "rate_limit_error",
        code: "too_many_bytes", retryAfter: 1)

    /// A client did not send its request in time.
    static func slow(_ time: TimeAmount) -> APIError {
        APIError(
            status: 408, message: "the request did not come within \(time.nanoseconds / 1_000_000_000) seconds",
            type: "timeout_error", code: "request_timeout")
    }

    /// A fault of ours; what exactly is for our log, not for the client.
    static let failed = APIError(status: 500, message: "the server failed to answer", type: "server_error")

    /// The client went away; nobody reads this.
    static let disconnected = APIError(status: 499, message: "the client closed the connection", type: "api_error")

    var json: JSONValue {
        OpenAIChat.error(type: type, code: code, parameter: parameter, message: message)
    }
}
