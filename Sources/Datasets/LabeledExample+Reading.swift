import Conversations

extension LabeledExample {
    /// Reads the examples of a task, plain or gzip, `-` for standard input.
    ///
    /// - Throws: ``DatasetError`` naming file and line of what is not an example, or whose label the task does not know.
    public static func examples(ofFile path: String, task: Task) throws -> [LabeledExample] {
        try numbered(ofFile: path, task: task).map(\.example)
    }

    /// The same, each with the number of its line.
    public static func numbered(
        ofFile path: String, task: Task
    ) throws -> [(example: LabeledExample, line: Int)] {
        let known = Set(task.labelNames.map(ExactText.init))
        return try JSONLines.read(path) { json, line throws(ExampleError) in
            let example = try LabeledExample(json: json)
            if task.kind == .classification {
                for label in [example.label, example.gold].compactMap(\.self) where !known.contains(ExactText(label)) {
                    throw ExampleError(outsideSet(label, task))
                }
            }
            return (example, line)
        }
    }

    static func outsideSet(_ label: String, _ task: Task) -> String {
        "label: '\(label.prefix(60))', expected one of the \(task.labels.count) labels of task \(task.name)"
    }
}
