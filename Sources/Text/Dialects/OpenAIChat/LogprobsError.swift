/// Why log-probabilities cannot be used. Says nothing of the text.
public struct LogprobsError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The raw value is what reports count under.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// The response has none: the server knows no such option, or has none for this answer (a refusal, a call).
        case missing
        /// No numbers, or numbers that are no log-probabilities.
        case malformed
        /// The tokens do not spell the label, so that it cannot be said which belongs where.
        case otherText = "other_text"
        /// The answer was cut off at its limit.
        case truncated
    }

    public var kind: Kind
    public var description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    public static let missing = LogprobsError(.missing, "none in the response")
    public static let otherText = LogprobsError(.otherText, "tokens that spell another text than the answer")
    public static let truncated = LogprobsError(.truncated, "of an answer that was cut off")
}
