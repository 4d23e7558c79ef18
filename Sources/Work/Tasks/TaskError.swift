public import Foundation

/// A rule of a task that cannot be followed: what failed, and what to do.
public struct TaskError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public var hint: String?

    public init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
