public import Foundation

/// What is wrong with an adapter or its recipe: what failed, what was found, what was expected.
public struct AdapterError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    public var hint: String?

    public init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
