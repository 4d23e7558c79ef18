public import Foundation

/// A model, adapter and tokens that do not fit together.
public struct TransformerError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public var errorDescription: String? { description }

    public init(_ description: String) { self.description = description }
}
