import Adapters
import Checkpoints
import Foundation
import StageInterface
import Tensors
import Tokenizers
import Training

/// What a run reads: the base, and its data as tokens.
struct TrainingInput {
    let checkpoint: Checkpoint
    let training: TrainingSet
    let validation: TrainingSet?
    private let datasetPath: String

    init(base: String, template: String?, dataset: String, validation: String?, recipe: AdapterRecipe) throws {
        checkpoint = try Checkpoint(path: base, template: template)
        datasetPath = dataset
        let encoder = ConversationEncoder(tokenizer: try checkpoint.tokenizer, template: try checkpoint.template)
        let context = checkpoint.architecture.contextLength
        let limit = min(recipe.maximumLength ?? context, context)
        training = try TrainingSet(path: dataset, encoder: encoder, maximumLength: limit)
        try training.checkNotEmpty(dataset)
        self.validation = try validation.map { path in
            let set = try TrainingSet(path: path, encoder: encoder, maximumLength: limit)
            try set.checkNotEmpty(path)
            return set
        }
    }

    /// What was read and what was left out, in words.
    var notes: [String] {
        [("dataset", training)].appending(validation.map { ("validation", $0) }).map { name, set in
            var line = "\(name): \(set.lineCount) conversations, \(set.exampleCount) answers, \(set.tokenCount) tokens"
            if set.maskedCount > 0 { line += "; left out \(set.maskedCount) without an answer that counts" }
            if set.tooLongCount > 0 { line += "; left out \(set.tooLongCount) answers that are too long" }
            return line
        }
    }

    func lineage(recipe: AdapterRecipe, run: TrainingRun, outcome: TrainingRun.Outcome) throws -> AdapterLineage {
        let chosen = checkpoint.chosenTemplate.map {
            AdapterLineage.ChosenTemplate(name: checkpoint.chosenTemplateName ?? "", source: $0.source)
        }
        return AdapterLineage(
            baseName: (checkpoint.path as NSString).lastPathComponent,
            datasetName: (datasetPath as NSString).lastPathComponent, datasetDigest: training.digest,
            recipe: recipe.json, step: recipe.keepsBest ? outcome.bestStep ?? outcome.step : outcome.step,
            totalSteps: run.totalSteps, templateDigest: try checkpoint.templateDigest, chosenTemplate: chosen,
            instructionSet: kernelInstructionSet, version: retortVersion)
    }
}

extension Array {
    fileprivate func appending(_ element: Element?) -> [Element] { self + (element.map { [$0] } ?? []) }
}
