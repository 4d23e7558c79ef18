/// Everything that the next step depends on beside base, data and recipe.
struct TrainingState: Sendable {
    /// Steps done. Epoch and place in the data follow from it.
    var step = 0
    /// What the schedule's rate is multiplied by, after roll-backs.
    var rateFactor = 1.0
    var rollbacks = 0
    var values: [Float] = []
    var moment1: [Float] = []
    var moment2: [Float] = []
    var best: Best?

    /// The best state on the validation split so far.
    struct Best: Sendable {
        var step: Int
        var agreement: Double
        var loss: Double
        var values: [Float]

        /// More examples answered exactly is better; among equals, the lower loss.
        func isBetter(than other: Best?) -> Bool {
            guard let other else { return true }
            return agreement != other.agreement ? agreement > other.agreement : loss < other.loss
        }
    }
}
