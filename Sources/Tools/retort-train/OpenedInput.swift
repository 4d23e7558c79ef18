import Adapters
import PlainText
import Training

/// What a sweep's trials read, opened again only when a recipe reads it otherwise than the one before.
final class OpenedInput {
    private let options: InputOptions
    private let validation: String
    private let date: LocalTime
    private var last: (recipe: AdapterRecipe, input: TrainingInput)?

    init(_ options: InputOptions, validation: String, date: LocalTime) {
        (self.options, self.validation, self.date) = (options, validation, date)
    }

    func input(for recipe: AdapterRecipe) throws -> Sweep.Input {
        guard recipe.method == .lora else {
            throw TrainingError("method: \(recipe.method.rawValue), expected method: lora for a sweep")
        }
        let input = try opened(for: recipe)
        guard let validation = input.validation else {
            throw TrainingError("validation: none, expected examples to compare the trials by")
        }
        return Sweep.Input(checkpoint: input.checkpoint, training: input.training, validation: validation)
    }

    func lineage(_ run: TrainingRun, _ outcome: TrainingRun.Outcome) throws -> AdapterLineage {
        try opened(for: run.recipe).lineage(run: run, outcome: outcome)
    }

    private func opened(for recipe: AdapterRecipe) throws -> TrainingInput {
        if let last, last.recipe.maximumLength == recipe.maximumLength, last.recipe.tooLong == recipe.tooLong,
            last.recipe.loss == recipe.loss, last.recipe.distillation == recipe.distillation
        {
            return last.input
        }
        let input = try TrainingInput(options, validation: validation, recipe: recipe, date: date)
        last = (recipe, input)
        return input
    }
}
