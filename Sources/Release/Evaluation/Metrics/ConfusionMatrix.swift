/// How often each label was answered for each truth.
public struct ConfusionMatrix: Sendable, Hashable {
    public let labels: [String]
    /// `[truth][answer]`
    public private(set) var counts: [[Int]]

    /// - Parameter pairs: truth and answer as places in `labels`.
    public init(labels: [String], pairs: some Sequence<(truth: Int, answer: Int)>) {
        self.labels = labels
        counts = Array(repeating: Array(repeating: 0, count: labels.count), count: labels.count)
        for pair in pairs { counts[pair.truth][pair.answer] += 1 }
    }

    /// Precision, recall and their harmonic mean for one label; 0 where a denominator is 0.
    public struct LabelScore: Sendable, Hashable {
        public var label: String
        public var precision: Double
        public var recall: Double
        public var f1: Double
        /// How many examples have the label as their truth.
        public var support: Int
        /// How often it was answered.
        public var answered: Int
    }

    public var labelScores: [LabelScore] {
        labels.indices.map { index in
            let right = counts[index][index]
            let support = counts[index].reduce(0, +)
            let answered = counts.reduce(0) { $0 + $1[index] }
            return LabelScore(
                label: labels[index], precision: answered == 0 ? 0 : Double(right) / Double(answered),
                recall: support == 0 ? 0 : Double(right) / Double(support),
                f1: support + answered == 0 ? 0 : 2 * Double(right) / Double(support + answered), support: support,
                answered: answered)
        }
    }

    /// The mean F1 of the labels that occur as truth or as answer.
    public var macroF1: Double {
        let occurring = labelScores.filter { $0.support + $0.answered > 0 }
        return occurring.isEmpty ? 0 : occurring.reduce(0) { $0 + $1.f1 } / Double(occurring.count)
    }

    /// The mistakes made most often, first the most frequent.
    public func frequentMistakes(_ limit: Int) -> [(truth: String, answer: String, count: Int)] {
        var mistakes: [(truth: String, answer: String, count: Int)] = []
        for (truth, row) in counts.enumerated() {
            for (answer, count) in row.enumerated() where answer != truth && count > 0 {
                mistakes.append((labels[truth], labels[answer], count))
            }
        }
        return Array(
            mistakes.sorted { ($1.count, $0.truth, $0.answer) < ($0.count, $1.truth, $1.answer) }.prefix(limit))
    }
}
