public import Foundation

/// Why a recording cannot be replayed. Names file and line, never what is recorded.
public struct ReplayError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    public var hint: String?

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }

    init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }
}
