public import Foundation

/// Why labeling cannot go on. Names files and lines, never a text to label.
public struct LabelingError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    public var hint: String?
    /// Whether the same command may succeed later.
    public var isPassing: Bool

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }

    public init(_ description: String, hint: String? = nil, isPassing: Bool = false) {
        self.description = description
        self.hint = hint
        self.isPassing = isPassing
    }
}
