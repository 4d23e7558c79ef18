public import Foundation

/// Why a server cannot start or a version cannot be loaded: what failed, what was found, what was expected.
public struct ServingError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    public var hint: String?

    public init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
