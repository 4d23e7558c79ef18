/// Why a row of a log is not an exchange that can be kept. The raw value is what reports count under.
public enum DropReason: String, Error, Sendable, Hashable, CaseIterable {
    case notJSON = "not_json"
    case lineTooLong = "line_too_long"
    case noRequest = "no_request"
    case otherShape = "other_shape"
    case emptyMessages = "empty_messages"
    case malformedMessage = "malformed_message"
    case noUserMessage = "no_user_message"
    case noText = "no_text"
    case noResponse = "no_response"
    case errorResponse = "error_response"
    case unfinishedStream = "unfinished_stream"
    case mixedStream = "mixed_stream"
    case unfinishedResponse = "unfinished_response"
    case truncatedResponse = "truncated_response"
    case filteredResponse = "filtered_response"
    case refusedResponse = "refused_response"
    case emptyResponse = "empty_response"
    case noTime = "no_time"
    case unreadableTime = "unreadable_time"
    case otherWorkload = "other_workload"

    /// What is wrong with the row, for people.
    public var text: String {
        switch self {
        case .notJSON: "not JSON"
        case .lineTooLong: "longer than a row may be"
        case .noRequest: "no request with messages"
        case .otherShape: "the shape of another tool, which is not read"
        case .emptyMessages: "empty messages"
        case .malformedMessage: "a message without a known role or with malformed content"
        case .noUserMessage: "no user message"
        case .noText: "user messages without text"
        case .noResponse: "no response"
        case .errorResponse: "an error instead of an answer"
        case .unfinishedStream: "a stream that does not end"
        case .mixedStream: "a stream of several answers, or out of order"
        case .unfinishedResponse: "an answer that was not finished"
        case .truncatedResponse: "an answer cut off at its token limit"
        case .filteredResponse: "an answer withheld by a content filter"
        case .refusedResponse: "a refusal"
        case .emptyResponse: "an empty answer"
        case .noTime: "no time"
        case .unreadableTime: "a time that is not understood"
        case .otherWorkload: "of another workload"
        }
    }

    /// Whether the log is incomplete because of it; a row that was not asked for is no loss.
    public var isLoss: Bool { self != .otherWorkload }
}
