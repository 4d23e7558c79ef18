import Adapters

/// Everything that the next step depends on beside base, data, recipe, parameters and moments.
struct TrainingState: Sendable {
    /// Steps done. Epoch and place in the data follow from it.
    var step = 0
    /// What the schedule's rate is multiplied by, after roll-backs.
    var rateFactor = 1.0
    var rollbacks = 0
    /// The step that a roll-back returns to; 0 for the beginning. It depends on the recipe alone, never on the clock.
    var goodStep = 0
    var best: Best?
    /// Validations since the one that early stopping last saw an improvement in, and what that was.
    var staleValidations = 0
    var bestCriterion: Double?
    /// Whether early stopping ended the run.
    var hasStoppedEarly = false

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

    /// Counts a validation for early stopping; true, and noted, when it was the last.
    mutating func noteForEarlyStopping(
        _ rule: AdapterRecipe.EarlyStopping, agreement: Double, loss: Double
    ) -> Bool {
        // Larger is better; a loss that is no number is no improvement.
        let found = rule.criterion == .agreement ? agreement : loss.isFinite ? -loss : -.greatestFiniteMagnitude
        if bestCriterion.map({ found > $0 }) ?? true {
            bestCriterion = found
            staleValidations = 0
        } else {
            staleValidations += 1
        }
        hasStoppedEarly = staleValidations >= rule.patience
        return hasStoppedEarly
    }
}
