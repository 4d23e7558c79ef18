public import Foundation

/// What is wrong with the data: which file and line, what was found, what was expected. Never the text itself.
public struct DatasetError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// A line, a manifest or a set of examples that does not fit.
        case input
        /// A file without a single line.
        case empty
    }

    public var kind: Kind
    public var description: String
    public var hint: String?

    public init(_ description: String, kind: Kind = .input, hint: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
