import Evaluation
import Foundation
import Tasks

/// Sixty answers of two systems; `Oracles/make_metric_values.py` drew them and prints what is expected of them.
enum Samples {
    static let labels = ["refund", "track", "cancel", "other"]
    static let truth = [
        1, 2, 2, 0, 0, 2, 0, 2, 2, 1, 0, 0, 0, 1, 1, 1, 3, 2, 1, 3, 0, 0, 1, 0, 0, 1, 1, 3, 1, 1, 1, 0, 0, 0, 1, 0, 0,
        0, 2, 0, 0, 2, 1, 2, 1, 2, 0, 1, 1, 2, 0, 1, 0, 0, 0, 0, 2, 0, 3, 1,
    ]
    static let first = [
        1, 2, 2, 0, 0, 2, 0, 2, 0, 1, 0, 0, 0, 1, 1, 1, 0, 0, 1, 3, 0, 2, 1, 0, 2, 1, 1, 3, 1, 1, 1, 1, 0, 0, 1, 1, 0,
        0, 2, 0, 2, 2, 1, 2, 2, 2, 0, 1, 1, 2, 2, 2, 0, 0, 0, 1, 0, 0, 3, 2,
    ]
    static let second = [
        1, 1, 3, 1, 0, 0, 0, 2, 2, 1, 0, 1, 2, 1, 1, 1, 1, 0, 1, 3, 0, 3, 1, 0, 0, 1, 1, 2, 1, 1, 3, 0, 1, 0, 0, 0, 0,
        0, 2, 0, 0, 1, 1, 2, 1, 3, 0, 1, 0, 2, 1, 0, 1, 0, 2, 0, 0, 2, 2, 1,
    ]
    static let confidence = [
        0.807, 0.818, 0.603, 0.751, 0.931, 0.808, 0.832, 0.776, 0.773, 0.817, 0.49, 0.716, 0.525, 0.332, 0.74, 1.0,
        0.607, 0.424, 0.679, 0.99, 0.844, 0.607, 0.812, 0.826, 0.721, 0.903, 0.852, 0.664, 0.897, 0.717, 0.984, 0.409,
        0.799, 0.819, 0.621, 0.858, 1.0, 0.75, 0.936, 0.877, 0.208, 0.858, 0.811, 0.832, 0.438, 0.78, 0.793, 0.998,
        0.87,
        0.819, 0.829, 0.517, 0.762, 0.547, 1.0, 0.745, 0.738, 0.92, 0.837, 0.632,
    ]

    static func task(_ more: String = "", labels: [String] = labels) throws -> TaskDefinition {
        let list = labels.map { "  - name: \($0)\n" }.joined()
        return try TaskDefinition(
            yaml: """
                name: sample
                labels:
                \(list)prompts:
                  student: {system: Name the intent., user: "{input}"}
                  teacher: {user: "{input}"}
                \(more)
                """)
    }

    static var examples: [EvaluationExample] {
        truth.enumerated().map { index, place in
            EvaluationExample(
                id: "\(index)", messages: [], input: "text \(index)", label: labels[place],
                slices: index < 20 ? ["early"] : [])
        }
    }

    static func predictions(_ answers: [Int]) -> [Prediction] {
        zip(answers, confidence).map { Prediction(answer: labels[$0], confidence: $1) }
    }

    static func result(
        _ answers: [Int], _ kind: SystemResult.Kind = .adapter, name: String = "adapter", task: TaskDefinition? = nil
    ) throws -> SystemResult {
        SystemResult(
            name: name, kind: kind, task: try task ?? self.task(), examples: examples,
            predictions: predictions(answers),
            bootstrap: Bootstrap(resamples: 2000))
    }
}
