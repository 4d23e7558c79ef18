public import Foundation

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

    public init(_ kind: Kind, _ description: String, hint: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }

    /// The text of the current `errno`, in the system's words.
    static func systemReason(_ code: Int32 = errno) -> String { String(cString: strerror(code)) }
}
