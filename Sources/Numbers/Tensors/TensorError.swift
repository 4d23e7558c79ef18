public import Foundation

/// A matrix that cannot be used: what it is, what was found, what was expected.
public struct TensorError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public var errorDescription: String? { description }

    public init(_ description: String) { self.description = description }
}
