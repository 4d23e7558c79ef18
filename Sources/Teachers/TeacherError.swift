public import Foundation
import HTTPTransport

/// Why a teacher gave no answer, with enough type to decide what becomes of the work.
///
/// Its text holds neither a key nor anything of a prompt.
public struct TeacherError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// An endpoint, a key or a price cannot be what was given.
        case configuration
        /// 401 or 403: no request with this key will succeed.
        case unauthorized
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
    }

    public var kind: Kind
    public var description: String
    public var hint: String?

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }

    public init(_ kind: Kind, _ description: String, hint: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
    }

    /// Whether the same request may succeed later.
    public var isOutage: Bool { kind == .down || kind == .rateLimited }

    /// Whether other requests to the same endpoint are bound to fail in the same way.
    public var concernsAllRequests: Bool {
        switch kind {
        case .configuration, .unauthorized, .notFound, .budget: true
        case .request, .rateLimited, .down, .malformed: false
        }
    }
}
