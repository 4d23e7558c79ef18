import Conversations
import Storage

/// Truths that a person checked, by the exact text of the input.
public struct GoldTruths: Sendable {
    private let labels: [String: String]

    public var count: Int { labels.count }

    public init() { labels = [:] }

    /// Reads lines of `{"input", "label"}`.
    ///
    /// - Throws: ``DatasetError`` naming the line of a label outside the set, and of an input that an earlier line
    ///   labels otherwise.
    public init(path: String, task: Task) throws {
        let known = Set(task.labelNames)
        var labels: [String: String] = [:]
        _ = try JSONLines.read(path) { json throws(ExampleError) in
            guard let input = json["input"]?.stringValue.map(Task.trimmed), !input.isEmpty else {
                throw ExampleError("input: missing, expected a text")
            }
            guard let label = json["label"]?.stringValue else {
                throw ExampleError("label: missing, expected a text")
            }
            if task.kind == .classification, !known.contains(label) {
                throw ExampleError(LabeledExample.outsideSet(label, task))
            }
            if let earlier = labels.updateValue(label, forKey: input), earlier != label {
                throw ExampleError("label: '\(label)', but an earlier line has '\(earlier)' for the same input")
            }
        }
        self.labels = labels
    }

    func label(for input: String) -> String? { labels[Task.trimmed(input)] }
}
