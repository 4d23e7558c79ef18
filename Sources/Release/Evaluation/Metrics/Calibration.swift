/// Whether confidences mean what they say: of the answers given with 80 % confidence, 80 % should be right.
public struct Calibration: Sendable, Hashable {
    /// Answers with confidences from `lower` (exclusive, but for 0) to `upper`.
    public struct Bin: Sendable, Hashable {
        public var lower: Double
        public var upper: Double
        public var count: Int
        public var meanConfidence: Double
        public var accuracy: Double
    }

    public static let binCount = 15

    /// Only bins that hold answers.
    public let bins: [Bin]
    /// The expected calibration error (Naeini et al., 2015): the mean gap between confidence and accuracy, weighted
    /// by the bins' counts.
    public let error: Double

    public init(_ answers: some Collection<(confidence: Double, isRight: Bool)>) {
        let count = Calibration.binCount
        var sums = Array(repeating: (count: 0, confidence: 0.0, right: 0), count: count)
        for answer in answers {
            let bin = min(count - 1, max(0, Int((answer.confidence * Double(count)).rounded(.up)) - 1))
            sums[bin].count += 1
            sums[bin].confidence += answer.confidence
            sums[bin].right += answer.isRight ? 1 : 0
        }
        bins = sums.enumerated().compactMap { index, sum in
            guard sum.count > 0 else { return nil }
            return Bin(
                lower: Double(index) / Double(count), upper: Double(index + 1) / Double(count), count: sum.count,
                meanConfidence: sum.confidence / Double(sum.count), accuracy: Double(sum.right) / Double(sum.count))
        }
        let total = Double(max(1, answers.count))
        error = bins.reduce(0) { $0 + Double($1.count) / total * abs($1.accuracy - $1.meanConfidence) }
    }
}
