/// How the trials of a sweep share its steps: all get a few, the better part of them more, the best all.
///
/// Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", 2016.
public struct SuccessiveHalving: Sendable, Hashable {
    /// One round: the part of its steps that a trial has done at the end, and how many trials take part.
    public struct Round: Sendable, Hashable {
        public var part: Double
        public var trials: Int
    }

    public private(set) var rounds: [Round]

    /// - Parameter reduction: of how many trials one goes on to the next round, which is as many times as long.
    public init(trials: Int, reduction: Int) {
        var counts = [trials]
        while let last = counts.last, last >= reduction { counts.append(max(1, last / reduction)) }
        self.init(counts: counts, reduction: reduction)
    }

    /// - Parameter counts: how many trials take part in each round.
    init(counts: [Int], reduction: Int) {
        rounds = counts.enumerated().map { index, count in
            var part = 1.0
            for _ in index..<(counts.count - 1) { part /= Double(reduction) }
            return Round(part: part, trials: count)
        }
    }

    /// Lets at most so many trials take part from a round on.
    mutating func limit(to trials: Int, from first: Int) {
        for round in rounds.indices.dropFirst(first) { rounds[round].trials = min(rounds[round].trials, trials) }
    }

    /// The most seconds that the rounds from one on take, whichever of the trials turn out to be the better ones.
    ///
    /// - Parameter costs: of the trials that take part in the first of these rounds, or may.
    package func seconds(_ costs: [TrialCost], from first: Int = 0) -> Double {
        rounds.indices.dropFirst(first).reduce(0) { sum, index in
            let dearest = costs.map { seconds($0, round: index) }.sorted(by: >).prefix(rounds[index].trials)
            return sum + dearest.reduce(0, +)
        }
    }

    /// What one round of a trial takes.
    func seconds(_ cost: TrialCost, round index: Int) -> Double {
        let done = index == 0 ? 0 : rounds[index - 1].part
        return cost.steps * (rounds[index].part - done) + cost.perRound
    }
}
