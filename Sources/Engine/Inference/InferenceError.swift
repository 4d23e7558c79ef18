public import Foundation

/// What cannot be computed: what was asked, what was found, what was expected.
public struct InferenceError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// What was asked cannot be done.
        case input
        /// The model's logits are not finite numbers: nothing that is read off them is an answer.
        case notANumber
    }

    public var kind: Kind
    public var description: String
    public var hint: String?

    public init(_ description: String, hint: String? = nil) { self.init(.input, description, hint: hint) }

    public init(_ kind: Kind, _ description: String, hint: String? = nil) {
        self.kind = kind
        self.description = description
        self.hint = hint
    }

    /// Scores that are no numbers.
    static let notANumber = InferenceError(
        .notANumber, "logits: not all of them are finite numbers, expected numbers",
        hint: "an adapter or a model whose numbers overflow cannot answer: train it again, with a smaller learning rate"
    )

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
