import JSON

/// How far a model has moved towards the better answers of its pairs, and away from the worse: means of
/// β (ln p - ln p of the reference).
public struct PreferenceRewards: Sendable, Hashable {
    public var chosen: Double
    public var rejected: Double
    /// The part of the pairs of which the better answer has the higher reward.
    public var accuracy: Double

    public var margin: Double { chosen - rejected }

    public init(chosen: Double, rejected: Double, accuracy: Double) {
        self.chosen = chosen
        self.rejected = rejected
        self.accuracy = accuracy
    }

    /// The fields of a line of metrics.
    var fields: [(key: String, value: JSONValue)] {
        [
            (key: "reward_chosen", value: .number(chosen)), (key: "reward_rejected", value: .number(rejected)),
            (key: "reward_margin", value: .number(margin)), (key: "reward_accuracy", value: .number(accuracy)),
        ]
    }
}
