public import Foundation

/// What cannot be encoded or decoded: what was asked, what is possible.
public struct QuantizationError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public var hint: String?

    public init(_ description: String, hint: String? = nil) {
        self.description = description
        self.hint = hint
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
