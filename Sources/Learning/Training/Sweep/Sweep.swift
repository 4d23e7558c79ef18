import Adapters
public import Checkpoints
import Foundation
import JSON
public import PlainText
import Storage
public import Tensors

/// A search for a recipe by successive halving. Each trial is an ordinary run in a folder of its own, stopped at the
/// end of a round and resumed in the next: the best ends exactly as a run of its recipe alone would.
public final class Sweep {
    /// What a trial learns from: it may depend on its recipe.
    public struct Input {
        public var checkpoint: Checkpoint
        public var training: TrainingSet
        public var validation: TrainingSet

        public init(checkpoint: Checkpoint, training: TrainingSet, validation: TrainingSet) {
            self.checkpoint = checkpoint
            self.training = training
            self.validation = validation
        }
    }

    /// What happens while a sweep goes on.
    public enum Event: Sendable {
        case began(trial: SweepDefinition.Trial, round: Int, rounds: Int)
        /// The time is too short for all that would have gone on.
        case shortened(round: Int, trials: Int, of: Int)
        case found(SweepRecord.Finding, totalSteps: Int)
    }

    public let definition: SweepDefinition
    public private(set) var record: SweepRecord
    /// Those that take part: all, unless a deadline left some out.
    public private(set) var trials: [SweepDefinition.Trial]
    public private(set) var halving: SuccessiveHalving
    /// What ``fit(secondsLeft:shouldStop:)`` expects the trials that take part to need.
    public internal(set) var predictedSeconds: Double?
    /// Whether there was something to go on with.
    let isBegun: Bool
    /// By recipe; those that take the same time share one.
    var costs: [AdapterRecipe: TrialCost] = [:]
    /// Seconds of the rounds done, as foreseen and as they were.
    var pace = (foreseen: 0.0, spent: 0.0)
    private let folder: String
    private let pool: ThreadPool
    private let open: (AdapterRecipe) throws -> Input
    private static let recordName = "/sweep.json"
    private var recordPath: String { folder + Sweep.recordName }

    /// Goes on with what an earlier process found in the folder.
    ///
    /// - Parameter open: reads what a recipe's trials learn from.
    /// - Throws: ``TrainingError`` for a folder of another sweep, naming what differs; what `open` throws.
    public init(
        _ definition: SweepDefinition, folder: String, pool: ThreadPool,
        open: @escaping (AdapterRecipe) throws -> Input
    ) throws {
        self.definition = definition
        self.folder = folder
        self.pool = pool
        self.open = open
        let first = try open(definition.trials[0].recipe)
        let all = SuccessiveHalving(trials: definition.trials.count, reduction: definition.reduction)
        var record = SweepRecord(
            identity: [
                ("base", try first.checkpoint.digest().description), ("dataset", first.training.digest.description),
                ("validation", first.validation.digest.description), ("sweep", definition.digest.description),
                ("date", first.training.date?.description ?? "none"),
            ], trials: definition.trials.map(\.number), rounds: all.rounds.map(\.trials))
        isBegun = try record.read(folder + Sweep.recordName)
        trials = record.trials.map { definition.trials[$0 - 1] }
        halving = SuccessiveHalving(counts: record.rounds, reduction: definition.reduction)
        self.record = record
    }

    /// The date that the prompts of the sweep in a folder print, as ``KeptSnapshot/date`` has it.
    ///
    /// - Throws: ``TrainingError`` for a record that is damaged.
    public static func date(ofSweepIn folder: String) throws -> LocalTime? {
        try SweepRecord.json(folder + recordName)?["date"]?.stringValue.flatMap { LocalTime($0) }
    }

    /// Where a trial's run lies.
    public func folder(ofTrial number: Int) -> String {
        folder + "/trial-" + String(repeating: "0", count: max(0, 3 - "\(number)".count)) + "\(number)"
    }

    /// Takes only some trials.
    func choose(_ trials: [SweepDefinition.Trial], _ halving: SuccessiveHalving) throws {
        self.trials = trials
        self.halving = halving
        record.trials = trials.map(\.number)
        record.rounds = halving.rounds.map(\.trials)
        try record.write(to: recordPath)
    }

    /// Runs what is left of the rounds.
    ///
    /// - Parameters:
    ///   - secondsLeft: until a deadline, for which fewer trials go on where the time is too short for all.
    ///   - finish: called with the run and the number of each trial that has done all its steps.
    /// - Returns: Whether all rounds are done; otherwise `shouldStop` said so, and the sweep can go on from there.
    public func run(
        secondsLeft: (() -> Double)? = nil, shouldStop: () -> Bool = { false },
        onEvent: (Event) throws -> Void = { _ in }, finish: (TrainingRun, Int, TrainingRun.Outcome) throws -> Void
    ) throws -> Bool {
        // Before the first trial, whose snapshots may be all that a kill leaves.
        try record.write(to: recordPath)
        var left = trials
        for index in halving.rounds.indices {
            left = Array(left.prefix(halving.rounds[index].trials))
            if index > 0, let secondsLeft, !record.findings.contains(where: { $0.round == index }) {
                let planned = left.count
                let count = try countThatFits(left, round: index, seconds: secondsLeft())
                if count < planned {
                    halving.limit(to: count, from: index)
                    try choose(trials, halving)
                    left = Array(left.prefix(count))
                    try onEvent(.shortened(round: index, trials: count, of: planned))
                }
            }
            for trial in left where record.finding(trial: trial.number, round: index) == nil {
                try onEvent(.began(trial: trial, round: index, rounds: halving.rounds.count))
                guard try run(trial, round: index, shouldStop, onEvent, finish) else { return false }
            }
            let findings = left.compactMap { record.finding(trial: $0.number, round: index) }
                .sorted { $0.isBetter(than: $1) }
            left = findings.compactMap { finding in trials.first { $0.number == finding.trial } }
        }
        return true
    }

    /// A trial's run, before its first step.
    func makeRun(_ trial: SweepDefinition.Trial) throws -> (run: TrainingRun, place: String) {
        let place = folder(ofTrial: trial.number)
        let input = try open(trial.recipe)
        try AtomicFile.write(trial.text, to: place + "/adapter.yaml")
        let run = try TrainingRun(
            checkpoint: input.checkpoint, recipe: trial.recipe, training: input.training,
            validation: input.validation, snapshotDirectory: place, pool: pool)
        return (run, place)
    }

    /// One trial to the end of a round; false when it was asked to stop before.
    private func run(
        _ trial: SweepDefinition.Trial, round: Int, _ shouldStop: () -> Bool, _ onEvent: (Event) throws -> Void,
        _ finish: (TrainingRun, Int, TrainingRun.Outcome) throws -> Void
    ) throws -> Bool {
        let start = ContinuousClock.now
        let part = halving.rounds[round].part
        let (run, place) = try makeRun(trial)
        let done = try run.resume()
        let log = try MetricsLog(path: place + "/metrics.jsonl", keepingSteps: done)
        let target = part == 1 ? run.totalSteps : max(1, Int((Double(run.totalSteps) * part).rounded()))
        var outcome: TrainingRun.Outcome?
        do {
            outcome = try run.run(until: part == 1 ? .max : target, shouldStop: shouldStop) { event in
                switch event {
                case .step(let step): try log.append(step.json)
                case .validated(let validation): try log.append(validation.json)
                case .snapshot, .rolledBack, .stoppedEarly: break
                }
            }
        } catch let error as TrainingError where error.isDivergence {
            // A recipe that cannot be trained with is the last of its round, not the end of the sweep.
        }
        try log.close()
        if let outcome, !outcome.isFinished, outcome.step < target { return false }
        var found = SweepRecord.Finding(
            trial: trial.number, round: round, step: outcome?.step ?? 0, agreement: 0, loss: .greatestFiniteMagnitude,
            seconds: 0)
        if let outcome, let loss = try run.validationLoss() {
            (found.agreement, found.loss) = (loss.agreement, loss.mean.isFinite ? loss.mean : found.loss)
            if outcome.isFinished, run.recipe.keepsBest, let best = run.bestValidation {
                (found.agreement, found.loss) = best
            }
            if outcome.isFinished { try finish(run, trial.number, outcome) }
        }
        let seconds = start.duration(to: .now) / .seconds(1)
        note(seconds, of: trial, round: round)
        found.seconds = seconds + (record.findings.filter { $0.trial == trial.number }.map(\.seconds).max() ?? 0)
        record.findings.append(found)
        try record.write(to: recordPath)
        try onEvent(.found(found, totalSteps: run.totalSteps))
        return true
    }
}
