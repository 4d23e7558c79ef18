public import Foundation

/// What is wrong with a base model or with what is asked of it: what failed, what was found, what was expected.
public struct CheckpointError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    public var hint: String?

    public init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
