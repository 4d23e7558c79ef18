import Dialects
public import Foundation
import HTTPTransport

/// Why a teacher gave no answer, with enough type to decide what becomes of the work.
///
/// Its text holds neither a key nor anything of a prompt.
public struct TeacherError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// An endpoint, a key, a price or an option cannot be what was given.
        case configuration
        /// 401: no request with this key will succeed.
        case unauthorized
        /// 403: the key may not do this, or this input is not let through; which of them, other requests tell.
        case forbidden
        /// 402, or a refusal in words of money: no request will succeed until somebody pays.
        case payment
        /// 3xx: the teacher is somewhere else.
        case redirected
        /// 404: the model, or the whole path, does not exist.
        case notFound
        /// 400, 404 with a reason of its own, 413, 422, …: this request will not succeed, others may.
        case request(status: Int)
        /// 429 after all retries.
        case rateLimited
        /// Refused, unresolved, cut, timed out or 5xx after all retries.
        case down
        /// A response that is not what the dialect says, after all retries.
        case malformed
        /// The next request could cost more than the budget has left.
        case budget
        /// By our own limits its turn would come when nobody waits for the answer any more.
        case noTurn
    }

    public var kind: Kind
    public var description: String
    public var hint: String?
    /// What the server itself said, as far as it can be shown; nil where it said nothing.
    public var serverWords: String?

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }

    public init(_ kind: Kind, _ description: String, hint: String? = nil, serverWords: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
        self.serverWords = serverWords
    }

    /// Whether the same request may succeed later, without anybody doing anything.
    public var isOutage: Bool { kind == .down || kind == .rateLimited }

    /// Whether other requests to the same endpoint are bound to fail in the same way.
    public var concernsAllRequests: Bool {
        switch kind {
        case .configuration, .unauthorized, .payment, .redirected, .notFound, .budget: true
        case .forbidden, .request, .rateLimited, .down, .malformed, .noTurn: false
        }
    }

    /// Whether a server's refusal is about what the request says (a moderation), whatever its status.
    public var isAboutContent: Bool { serverWords.map(ServerError.isAboutContent) ?? false }
}
