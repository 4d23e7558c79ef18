/// The free baseline: what a linear classifier on the same training rows reaches, in seconds and without a model.
public struct LinearBaseline: Sendable {
    private let features: TextFeatures
    private let classifier: LinearClassifier
    /// The labels that training rows have, in the order of the task.
    private let labels: [String]

    /// Trains on the teacher's labels, as the adapter does.
    ///
    /// - Throws: ``EvaluationError`` when the rows have fewer than two labels.
    public init(training: [EvaluationExample], labels: [String], seed: UInt64 = 1) async throws {
        let seen = Set(training.map(\.label))
        let known = labels.filter(seen.contains)
        guard known.count > 1 else {
            throw EvaluationError("baseline: training rows of \(known.count) labels, expected two or more")
        }
        self.labels = known
        let places = Dictionary(uniqueKeysWithValues: known.enumerated().map { ($1, $0) })
        let rows = training.filter { places[$0.label] != nil }
        let features = TextFeatures(rows.map(\.input))
        self.features = features
        classifier = await LinearClassifier(
            rows.map { features.vector($0.input) }, classes: rows.compactMap { places[$0.label] },
            classCount: known.count, featureCount: features.count, seed: seed)
    }

    /// The answer to an example. Its confidence ranks answers; it is no probability.
    public func prediction(for example: EvaluationExample) -> Prediction {
        Prediction(scores: classifier.decisions(features.vector(example.input)), labels: labels)
    }
}
