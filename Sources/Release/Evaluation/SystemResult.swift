import PlainText
public import Tasks

/// What one system (the artifact, the base, the linear baseline) reached on a split.
public struct SystemResult: Sendable {
    public enum Kind: String, Sendable {
        case base, adapter, merged, baseline
    }

    public var name: String
    public var kind: Kind
    public let predictions: [Prediction]
    /// For each example, whether the answer is the truth.
    public let isRight: [Bool]
    /// Against the truth: gold where there is one, otherwise the teacher's label.
    public let accuracy: Estimate
    /// Against the teacher's label.
    public let agreement: Estimate
    /// Of classification only, as are the following.
    public let macroF1: Estimate?
    public let confusion: ConfusionMatrix?
    /// nil for systems whose confidences are not probabilities.
    public let calibration: Calibration?
    public let calibrationError: Estimate?
    public let coverage: CoverageCurve?
    public let slices: [SliceResult]
    /// How many answers were none that the task allows, those without numbers among them.
    public let invalidCount: Int
    /// How many examples got scores that are no numbers, and so no answer.
    public let notANumberCount: Int
    /// How many examples have a prompt that the model's context does not hold, and so no answer.
    public let tooLongCount: Int
    /// How many generated answers had a value replaced that the task's schema does not allow.
    public let repairedCount: Int

    /// - Parameters:
    ///   - examples: at least one.
    ///   - predictions: one for each example, in order.
    public init(
        name: String, kind: Kind, task: TaskDefinition, examples: [EvaluationExample], predictions: [Prediction],
        bootstrap: Bootstrap = Bootstrap()
    ) {
        self.name = name
        self.kind = kind
        self.predictions = predictions
        let right = zip(examples, predictions).map { SystemResult.isSame($0.truth, $1.answer) }
        let agrees = zip(examples, predictions).map { SystemResult.isSame($0.label, $1.answer) }
        isRight = right
        accuracy = .proportion(right.count { $0 }, of: examples.count)
        agreement = .proportion(agrees.count { $0 }, of: examples.count)
        invalidCount = predictions.count { $0.answer == nil }
        notANumberCount = predictions.count { $0.problem == .notANumber }
        tooLongCount = predictions.count { $0.problem == .tooLong }
        repairedCount = predictions.count(where: \.isRepaired)
        slices = SliceResult.slices(task: task, examples: examples, isRight: right, agrees: agrees)

        let places = Dictionary(uniqueKeysWithValues: task.labelNames.enumerated().map { ($1, $0) })
        let pairs = zip(examples, predictions).compactMap { example, prediction in
            places[example.truth].flatMap { truth in
                prediction.answer.flatMap { places[$0] }.map { (truth: truth, answer: $0) }
            }
        }
        if task.kind == .classification, pairs.count == examples.count {
            confusion = ConfusionMatrix(labels: task.labelNames, pairs: pairs)
            let full = ConfusionMatrix(labels: task.labelNames, pairs: pairs).labelScores
            macroF1 = bootstrap.estimate(count: pairs.count) { sample in
                SystemResult.macroF1(sample.lazy.map { pairs[$0] }, full)
            }
        } else {
            confusion = nil
            macroF1 = nil
        }

        let answers = zip(predictions, right).compactMap { prediction, isRight in
            prediction.confidence.map { (confidence: $0, isRight: isRight) }
        }
        if answers.count == examples.count {
            coverage = CoverageCurve(answers)
        } else {
            coverage = nil
        }
        // How probable a text was is not how probable it is to be right.
        if answers.count == examples.count, kind != .baseline, task.kind == .classification {
            calibration = Calibration(answers)
            calibrationError = bootstrap.estimate(count: answers.count) { sample in
                Calibration(sample.map { answers[$0] }).error
            }
        } else {
            calibration = nil
            calibrationError = nil
        }
    }

    /// Texts are the same when their bytes are: of two forms of a character one is not the other.
    private static func isSame(_ expected: String, _ answer: String?) -> Bool {
        answer.map { $0.isExactly(expected) } ?? false
    }

    /// ``ConfusionMatrix/macroF1`` of a resample, over the labels of the whole sample: one that a resample happens to
    /// lack keeps its score, since leaving it out would shift the figure and not only blur it.
    private static func macroF1(
        _ pairs: some Sequence<(truth: Int, answer: Int)>, _ full: [ConfusionMatrix.LabelScore]
    ) -> Double {
        var right = [Int](repeating: 0, count: full.count)
        var seen = [Int](repeating: 0, count: full.count)
        for pair in pairs {
            seen[pair.truth] += 1
            seen[pair.answer] += 1
            if pair.truth == pair.answer { right[pair.truth] += 1 }
        }
        var sum = 0.0
        var count = 0
        for (place, score) in full.enumerated() where score.support + score.answered > 0 {
            count += 1
            sum += seen[place] > 0 ? 2 * Double(right[place]) / Double(seen[place]) : score.f1
        }
        return count == 0 ? 0 : sum / Double(count)
    }
}
