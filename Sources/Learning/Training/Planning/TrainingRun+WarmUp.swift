import Adapters
import Architectures
import Autograd
import Checkpoints
import Foundation
import Transformers

/// Finding out what a run will take, before its first step.
extension TrainingRun {
    /// The most numbers of each kind in a snapshot on trial: what they take tells of larger ones.
    private static let numbersOnTrial = 1 << 22

    /// Passes, updates and snapshots without effect, which show what memory the run takes and how long.
    ///
    /// The largest step comes first, and is not timed: it brings in the base's pages. Then steps, and passes of the
    /// validation, are timed until they have taken two seconds or a tenth of the run, three of each at least; the
    /// medians count. Parameters, moments, references and data cursor stay as they are.
    ///
    /// - Throws: `StorageError` when a snapshot cannot be written.
    public func warmUp(_ plan: RunPlan, use: () -> MemoryUse) throws -> RunPlan {
        var plan = plan
        let survey = survey(tokenLimit: recipe.tokensPerMicroBatch)
        gradientStep.reserve(survey.largest)
        isMemoryReserved = true
        let bySize = survey.steps.sorted { $0.largest.tokens < $1.largest.tokens }
        guard let largest = bySize.last else {
            plan.time = ProcessTime()
            return plan
        }
        let hasReferences = try readReferences()
        // What a pair is worth changes nothing about the work.
        if !hasReferences { references = .neutral(training: training, validation: validation) }
        defer { if !hasReferences { references = PreferenceReferences() } }

        var order = order
        _ = gradients(of: order.conversations(of: largest.number))
        let stepsWork = survey.steps.reduce(0) { $0 + work($1) }
        let steps = WorkPace(total: stepsWork, pieces: bySize.count, work: { work(bySize[$0]) }) {
            _ = gradients(of: order.conversations(of: bySize[$0].number))
        }
        parameters.clearGradients()
        let updates = WorkPace(total: Double(survey.steps.count), pieces: 1, work: { _ in 1 }) { _ in
            optimizer.rehearse()
        }
        let passesWork =
            Double(count(survey, every: validationInterval)) * forwardWork(survey.validation)
            + (hasReferences ? 0 : referencesWork)
        let passes = passes(total: passesWork)
        let computing =
            steps.time(of: stepsWork) + updates.time(of: Double(survey.steps.count)) + passes.time(of: passesWork)
        let snapshots = max(
            count(survey, every: snapshotInterval), Int(computing.seconds / 60 / recipe.snapshotMinutes))
        plan.time = computing + (try time(ofSnapshots: snapshots))

        // The best state and the adapter to be written come after.
        let later = (validation == nil ? 1 : 2) * parameterCount * MemoryLayout<Float>.stride
        let now = use()
        plan.memory.peak = max(now.peak, now.resident + later)
        return plan
    }

    /// What a step costs, recomputation and unpacking included: what its time is proportional to.
    private func work(_ step: WorkSurvey.Step) -> Double {
        let share = Double(recomputedLayers) / Double(checkpoint.architecture.layerCount)
        return gradientStep.work.training(step.size) + share * gradientStep.work.forward(step.size)
            + (2 + share) * unpackingWork * Double(step.microBatches)
    }

    /// What passes cost that only go forward.
    private func forwardWork(_ passes: WorkSurvey.Step) -> Double {
        gradientStep.work.forward(passes.size) + unpackingWork * Double(passes.microBatches)
    }

    private var unpackingWork: Double {
        gradientStep.work.forward(PassSize(tokens: 1)) * TrainingRun.tokensPerUnpacking
    }

    /// What it costs to ask the model at the run's start about every pair.
    private var referencesWork: Double {
        [training, validation].compactMap { $0 }.reduce(0) { sum, set in
            let sizes = set.sizes(of: Array(set.conversations.indices), tokenLimit: recipe.tokensPerMicroBatch)
            return sum + forwardWork(WorkSurvey.Step(number: 0, sizes))
        }
    }

    /// The steps to come at which something happens that happens at the last step and every so many.
    private func count(_ survey: WorkSurvey, every interval: Int) -> Int {
        survey.steps.count { $0.number == totalSteps || $0.number % interval == 0 }
    }

    /// The pace of passes that only go forward, over the validation split, or the training split where there is none.
    private func passes(total: Double) -> WorkPace {
        let examples = total > 0 ? Array((validation ?? training).conversations.joined()) : []
        let groups = PackedBatch.split(examples, tokenLimit: recipe.tokensPerMicroBatch)
        return WorkPace(
            total: total, pieces: groups.count,
            work: { forwardWork(WorkSurvey.Step(number: 0, [PackedBatch(groups[$0]).size])) },
            pass: { _ = gradientStep.loss(of: groups[$0]) })
    }

    /// The time of so many snapshots, from some that are written beside the run's own and removed again.
    private func time(ofSnapshots count: Int) throws -> ProcessTime {
        let part = min(parameterCount, TrainingRun.numbersOnTrial)
        // With a validation split there is a best state, too.
        let numbers = (numbers + (validation == nil ? [] : numbers.prefix(1)))
            .map { UnsafeMutableBufferPointer(rebasing: $0[..<part]) }
        let path = snapshotDirectory + "/trial.bin"
        defer { unlink(path) }
        let total = Double(count * parameterCount)
        let pace = try WorkPace(total: total, pieces: 1, work: { _ in Double(part) }) { _ in
            try TrainingSnapshot.write(
                TrainingState(), numbers, identity, recipe: recipe.json, chosenTokens: chosenTokens, to: path)
        }
        return pace.time(of: total)
    }
}
