public import Foundation

/// What is wrong with the data: which file and line, what was found, what was expected. Never the text itself.
public struct DatasetError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public var hint: String?

    public init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
