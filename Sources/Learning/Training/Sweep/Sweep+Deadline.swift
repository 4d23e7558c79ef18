import Adapters
import Foundation

/// Fitting a sweep into a time: fewer trials, chosen by chance, so that the best one still does all its steps.
extension Sweep {
    /// A warm-up foresees a run's time within a fifth.
    private static let reserve = 1.2
    /// The part of the time that warm-ups may take before the trials not yet measured are left out.
    private static let measuringPart = 0.1

    /// Leaves out so many trials that the rest ends in time. A sweep that was begun keeps the trials that it has.
    ///
    /// Each kind of recipe is measured by the warm-up of a run and one validation. Which trials are left does not
    /// depend on more than how many of them fit: they are a random part, by the definition's seed.
    ///
    /// - Returns: Why not even one trial fits; nil where some do.
    public func fit(secondsLeft: () -> Double, shouldStop: () -> Bool = { false }) throws -> String? {
        guard !isBegun else { return nil }
        let start = secondsLeft()
        var measured: [(trial: SweepDefinition.Trial, cost: TrialCost)] = []
        for trial in definition.shuffledTrials {
            if shouldStop() { return nil }
            if !measured.isEmpty, start - secondsLeft() > start * Sweep.measuringPart { break }
            measured.append((trial, try cost(of: trial)))
        }
        return try fit(measured, seconds: secondsLeft())
    }

    /// - Parameter measured: trials in the order in which they are taken, each with what it takes.
    package func fit(
        _ measured: [(trial: SweepDefinition.Trial, cost: TrialCost)], seconds: Double
    ) throws -> String? {
        let left = seconds / Sweep.reserve
        func halving(_ count: Int) -> SuccessiveHalving {
            SuccessiveHalving(trials: count, reduction: definition.reduction)
        }
        let fitting = measured.filter { halving(1).seconds([$0.cost]) <= left }
        // More trials may take less time: they have more rounds.
        let count = fitting.indices.map { $0 + 1 }.last { halving($0).seconds(fitting.prefix($0).map(\.cost)) <= left }
        guard let count else {
            let least = measured.map { halving(1).seconds([$0.cost]) }.min() ?? 0
            return "deadline: one trial takes \(RunPlan.time(least * Sweep.reserve)), "
                + "expected at most \(RunPlan.time(seconds))"
        }
        let chosen = fitting.prefix(count)
        predictedSeconds = halving(count).seconds(chosen.map(\.cost))
        try choose(chosen.map(\.trial).sorted { $0.number < $1.number }, halving(count))
        return nil
    }

    /// Notes how long a round of a trial took.
    func note(_ seconds: Double, of trial: SweepDefinition.Trial, round: Int) {
        guard let cost = costs[trial.recipe.withUsualRates] else { return }
        pace.foreseen += halving.seconds(cost, round: round)
        pace.spent += seconds
    }

    /// How many times longer the rounds done took than foreseen.
    private var slowness: Double { pace.foreseen > 0 ? max(1, pace.spent / pace.foreseen) : 1 }

    /// How many of the better trials can do a round so that the best still does all its steps in time; at least one.
    func countThatFits(_ left: [SweepDefinition.Trial], round: Int, seconds: Double) throws -> Int {
        let costs = try left.map { try cost(of: $0) }
        return left.indices.map { $0 + 1 }.last { count in
            var rest = halving
            rest.limit(to: count, from: round)
            return rest.seconds(Array(costs.prefix(count)), from: round) * slowness * Sweep.reserve <= seconds
        } ?? 1
    }

    /// What a trial takes, as a warm-up and a validation show; measured once for all trials with the same work.
    private func cost(of trial: SweepDefinition.Trial) throws -> TrialCost {
        let kind = trial.recipe.withUsualRates
        if let known = costs[kind] { return known }
        let start = ContinuousClock.now
        let run = try makeRun(trial).run
        try run.prepareReferences()
        _ = try run.validationLoss()
        let perRound = start.duration(to: .now) / .seconds(1)
        // Only the time is asked for.
        let none = MemoryUse(resident: 0, mapped: 0, peak: 0)
        let seconds = try run.warmUp(try run.plan(memoryLimit: nil, use: none)) { none }.time?.seconds ?? 0
        let cost = TrialCost(steps: seconds, perRound: perRound)
        costs[kind] = cost
        return cost
    }
}

extension AdapterRecipe {
    /// This recipe but for the keys that say how far a step goes: runs of equal ones take the same time.
    fileprivate var withUsualRates: AdapterRecipe {
        let usual = AdapterRecipe()
        var recipe = self
        recipe.alpha = usual.alpha
        recipe.alphaPattern = usual.alphaPattern
        recipe.isRankStabilized = usual.isRankStabilized
        recipe.loraPlusRatio = usual.loraPlusRatio
        recipe.learningRate = usual.learningRate
        recipe.warmup = usual.warmup
        recipe.finalRate = usual.finalRate
        recipe.weightDecay = usual.weightDecay
        recipe.clip = usual.clip
        recipe.seed = usual.seed
        return recipe
    }
}
