import Adapters
import Architectures
import ChatTemplates
import Checkpoints
import Foundation
import PlainText
import StageInterface
import Storage
import Tensors
import Tokenizers
import Training

/// What a run reads: the base, and its data as tokens.
struct TrainingInput {
    let checkpoint: Checkpoint
    let training: TrainingSet
    let validation: TrainingSet?
    private let datasetPath: String
    private let readsTeacher: Bool
    private let tokenizerWarnings: [String]
    private let stopsEarly: Bool

    /// - Parameter date: what a template that prints the date is told.
    init(_ options: InputOptions, validation: String?, recipe: AdapterRecipe, date: LocalTime) throws {
        checkpoint = try Checkpoint(path: options.base, template: options.template)
        datasetPath = options.dataset
        readsTeacher = recipe.distillation != nil
        stopsEarly = recipe.earlyStopping != nil
        tokenizerWarnings = try checkpoint.tokenizer.warnings
        let encoder = ConversationEncoder(
            tokenizer: try checkpoint.tokenizer, template: try checkpoint.template, date: date,
            readsTeacher: readsTeacher)
        let context = checkpoint.architecture.contextLength
        let limit = min(recipe.maximumLength ?? context, context)
        func read(_ path: String) throws -> TrainingSet {
            let set = try TrainingSet(path: path, encoder: encoder, maximumLength: limit, tooLong: recipe.tooLong)
            try set.check(path, for: recipe.loss)
            return set
        }
        training = try read(options.dataset)
        self.validation = try validation.map(read)
        if readsTeacher, training.taughtTokenCount == 0 {
            throw TrainingError(
                "\(options.dataset): no teacher's log-probabilities that fit the base's tokens, expected them for distillation",
                hint: "see Documentation/Formats/TrainingData.md, or leave distillation out of the recipe")
        }
    }

    /// What was read and what was left out, in words.
    var notes: [String] {
        [("dataset", training)].appending(validation.map { ("validation", $0) }).map { name, set in
            var line = "\(name): \(set.lineCount) \(set.isOfPreferences ? "pairs" : "conversations"), "
            line += "\(set.exampleCount) answers, \(set.tokenCount) tokens"
            if set.maskedCount > 0 { line += "; left out \(set.maskedCount) without an answer that counts" }
            if set.tooLongCount > 0 { line += "; left out \(set.tooLongCount) answers that are too long" }
            if set.truncatedCount > 0 { line += "; cut \(set.truncatedCount) answers at the limit" }
            if readsTeacher {
                line +=
                    "; a teacher's log-probabilities for \(set.taughtTokenCount) of \(set.answerTokenCount) tokens to "
                line += "say, from \(set.taughtPlaceCount) of its \(set.teacherPlaceCount) tokens, "
                line += "\(set.unmappedAlternativeCount) of its alternatives are no token of the base"
            } else if set.taughtAnswerCount > 0 {
                line += "; \(set.taughtAnswerCount) answers carry log-probabilities that the recipe does not use"
            }
            return line
        }
    }

    /// Below this share of a teacher's tokens, most of what it said is lost.
    private static let smallShare = 0.5

    /// What a user must not overlook.
    var warnings: [String] {
        let ofValidation = validation.map { set in set.warnings.map { "validation: \($0)" } } ?? []
        return tokenizerWarnings + training.warnings + ofValidation
            + [teacherWarning, leakWarning, stoppingWarning].compactMap(\.self)
    }

    /// That examples validate which are learned from, so that their figures say nothing of new ones; nil where none does.
    private var leakWarning: String? {
        guard let validation else { return nil }
        let learned = Set(training.conversations.joined().map(\.tokens))
        let shared = validation.conversations.joined().count { learned.contains($0.tokens) }
        guard shared > 0 else { return nil }
        return
            "validation: \(shared) of its \(validation.exampleCount) answers are in the dataset, after the same prompts: its "
            + "figures say too much"
    }

    /// That the recipe's rule to stop early has nothing to go by; nil where it has.
    private var stoppingWarning: String? {
        guard stopsEarly, validation == nil else { return nil }
        return "early_stopping: without --validation there is nothing to stop by; all epochs are run"
    }

    /// That little of what the teacher said can be learned from; nil where enough can.
    private var teacherWarning: String? {
        guard readsTeacher, let share = training.taughtShare, share < TrainingInput.smallShare else { return nil }
        return
            "the base can learn from \(training.taughtPlaceCount) of the \(training.teacherPlaceCount) tokens that the "
            + "teacher reports: it cuts texts into other tokens; cross-entropy alone counts for the rest"
    }

    func lineage(
        run: TrainingRun, outcome: TrainingRun.Outcome, start: TrainingStart? = nil
    ) throws -> AdapterLineage {
        let recipe = run.recipe
        let chosen = checkpoint.chosenTemplate.map {
            AdapterLineage.ChosenTemplate(name: checkpoint.chosenTemplateName ?? "", source: $0.source)
        }
        return AdapterLineage(
            baseName: PathName.last(of: checkpoint.path),
            datasetName: PathName.last(of: datasetPath), datasetDigest: training.digest,
            initialAdapter: start?.digest, recipe: recipe.json,
            step: recipe.keepsBest ? outcome.bestStep ?? outcome.step : outcome.step, totalSteps: run.totalSteps,
            templateDigest: try checkpoint.templateDigest, chosenTemplate: chosen, date: training.date,
            precision: run.precision.rawValue, instructionSet: run.precision.instructionSet, version: retortVersion)
    }
}

extension Array {
    fileprivate func appending(_ element: Element?) -> [Element] { self + (element.map { [$0] } ?? []) }
}
