/// What answering only above a threshold of confidence would bring: the share answered, and its accuracy.
public struct CoverageCurve: Sendable, Hashable {
    public struct Point: Sendable, Hashable {
        /// The least confidence that is answered.
        public var threshold: Double
        public var coverage: Double
        public var accuracy: Double
    }

    /// From the strictest threshold to the one that answers all.
    public let points: [Point]

    public init(_ answers: some Sequence<(confidence: Double, isRight: Bool)>) {
        let sorted = answers.sorted { $0.confidence > $1.confidence }
        var points: [Point] = []
        var right = 0
        for (index, answer) in sorted.enumerated() {
            right += answer.isRight ? 1 : 0
            // Equal confidences are above a threshold together.
            if index + 1 < sorted.count, sorted[index + 1].confidence == answer.confidence { continue }
            points.append(
                Point(
                    threshold: answer.confidence, coverage: Double(index + 1) / Double(sorted.count),
                    accuracy: Double(right) / Double(index + 1)))
        }
        self.points = points
    }

    /// The point of a threshold: what is answered at that confidence or above; nil if nothing is.
    public func point(at threshold: Double) -> Point? { points.last { $0.threshold >= threshold } }

    /// At most so many points, evenly spaced in coverage, the last always among them.
    public func thinned(to count: Int) -> [Point] {
        guard points.count > count, count > 1 else { return points }
        return (0..<count).map { points[$0 * (points.count - 1) / (count - 1)] }
    }

    /// The area under the curve of error against coverage: 0 is perfect, smaller is better (Geifman & El-Yaniv, 2017).
    public var riskArea: Double {
        var area = 0.0
        var covered = 0.0
        for point in points {
            area += (1 - point.accuracy) * (point.coverage - covered)
            covered = point.coverage
        }
        return area
    }
}
