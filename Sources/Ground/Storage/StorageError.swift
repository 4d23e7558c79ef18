public import Foundation

/// An error that may be a refusal: nothing was done because a check says no, or because what is kept was damaged. Commands end
/// with another status then than for input that cannot be read.
public protocol RefusingError: LocalizedError {
    var isRefusal: Bool { get }
}

/// What went wrong with a file, a lock or the database: what failed, what was found, what was expected.
///
/// Its text names files and lines, never their content.
public struct StorageError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// Missing, unreadable, damaged or malformed.
        case input
        /// Held by another process; later it may work.
        case busy
        /// The device refused: full, read-only, failing.
        case device
    }

    public var kind: Kind
    public var description: String
    public var hint: String?
    /// The system's number for the reason, where it gave one.
    package var code: Int32?

    public init(_ kind: Kind, _ description: String, hint: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }

    /// What the system refused, and why.
    static func device(_ what: String, _ code: Int32 = errno) -> StorageError {
        let isFull = code == ENOSPC || code == EDQUOT
        var error = StorageError(
            .device, "\(what): \(systemReason(code))", hint: isFull ? "free some space and run it again" : nil)
        error.code = code
        return error
    }

    /// The text of the current `errno`, in the system's words.
    static func systemReason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
}
