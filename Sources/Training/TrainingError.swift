public import Foundation

/// Data, a recipe or a snapshot that cannot be trained with: what failed, what was found, what was expected.
public struct TrainingError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public var hint: String?
    /// Whether the run cannot be trained as it is set up: its numbers are no numbers, or run away.
    public var isDivergence: Bool

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }

    public init(_ description: String, hint: String? = nil, isDivergence: Bool = false) {
        self.description = description
        self.hint = hint
        self.isDivergence = isDivergence
    }
}
