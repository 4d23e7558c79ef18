import Foundation
public import Storage

/// What the registry refuses or cannot do: what failed, what was found, what was expected.
public struct RegistryError: RefusingError, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// A name, a version or a report that does not exist or does not fit.
        case input
        /// A gate refused: no passing evaluation, or evidence about something else.
        case refused
        /// What is stored is missing or is not what was registered.
        case damaged
    }

    public var kind: Kind
    public var description: String
    public var hint: String?

    public init(_ kind: Kind, _ description: String, hint: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
    }

    public var isRefusal: Bool { kind != .input }
    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
