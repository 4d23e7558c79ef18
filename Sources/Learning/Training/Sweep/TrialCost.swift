/// What a sweep's trial takes, seconds.
package struct TrialCost: Sendable, Hashable {
    /// All its steps, with the validations between them.
    package var steps: Double
    /// What every round adds: opening the run, and the validation that trials are compared by.
    package var perRound: Double

    package init(steps: Double, perRound: Double) {
        self.steps = steps
        self.perRound = perRound
    }
}
