import Conversations
import Datasets
import Foundation
import Tokenizers

/// A task as one model answers it: its labels as that model's tokens.
struct ServedTask: Sendable {
    let task: Datasets.Task
    /// Below this probability of the best label an answer escalates.
    let threshold: Double
    /// The tokens of each label's answer, in the order of the task's labels; empty for free answers.
    let labels: [[TokenID]]

    var isClosed: Bool { !labels.isEmpty }

    init(_ task: Datasets.Task, threshold: Double?, encoder: PromptEncoder) throws {
        self.task = task
        self.threshold = threshold ?? task.threshold
        let messages = task.studentMessages(for: "an example")
        // What a label adds is the same on every day, whatever date its prompt prints.
        let moment = LocalTime(Date())
        labels = try task.labelNames.map { try encoder.answer($0, after: messages, at: moment) }
    }

    /// Softmax over the labels' log-probabilities, and the likeliest.
    static func best(_ scores: [Double]) -> (index: Int, confidence: Double) {
        let index = scores.indices.max { scores[$0] < scores[$1] } ?? 0
        let sum = scores.reduce(0) { $0 + exp($1 - scores[index]) }
        return (index, 1 / sum)
    }
}
