/// How the trials of a sweep share its steps: all get a few, the better part of them more, the best all.
///
/// Jamieson and Talwalkar, "Non-stochastic Best Arm Identification and Hyperparameter Optimization", 2016.
public struct SuccessiveHalving: Sendable, Hashable {
    /// One round: the part of its steps that a trial has done at the end, and how many trials take part.
    public struct Round: Sendable, Hashable {
        public var part: Double
        public var trials: Int
    }

    public let rounds: [Round]

    /// - Parameter reduction: of how many trials one goes on to the next round, which is as many times as long.
    public init(trials: Int, reduction: Int) {
        var counts = [trials]
        while let last = counts.last, last >= reduction { counts.append(max(1, last / reduction)) }
        rounds = counts.enumerated().map { index, count in
            var part = 1.0
            for _ in index..<(counts.count - 1) { part /= Double(reduction) }
            return Round(part: part, trials: count)
        }
    }
}
