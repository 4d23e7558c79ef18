/// Two answers to one prompt, the better one first.
public struct PreferencePair: Sendable, Hashable {
    public var chosen: TrainingExample
    public var rejected: TrainingExample
    /// What the reference model thinks of them.
    public var reference: Reference

    /// Σ ln p of the tokens to say of each answer.
    public struct Reference: Sendable, Hashable {
        public var chosen: Double
        public var rejected: Double

        public init(chosen: Double, rejected: Double) {
            self.chosen = chosen
            self.rejected = rejected
        }
    }

    public init(chosen: TrainingExample, rejected: TrainingExample, reference: Reference) {
        self.chosen = chosen
        self.rejected = rejected
        self.reference = reference
    }
}
