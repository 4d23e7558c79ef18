public import Foundation

/// Data, a recipe or a snapshot that cannot be trained with: what failed, what was found, what was expected.
public struct TrainingError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public var hint: String?

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }

    public init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }
}
