import PlainText
public import Tasks

extension LabeledExample {
    /// Reads the examples of a task, plain or gzip, `-` for standard input.
    ///
    /// - Throws: ``DatasetError`` naming file and line of what is not an example, or whose label the task does not know.
    public static func examples(ofFile path: String, task: TaskDefinition) throws -> [LabeledExample] {
        try numbered(ofFile: path, task: task).map(\.example)
    }

    /// The same, each with the number of its line.
    public static func numbered(
        ofFile path: String, task: TaskDefinition
    ) throws -> [(example: LabeledExample, line: Int)] {
        let known = Set(task.labelNames.map(ExactText.init))
        return try ExampleFile.read(path) { json, line throws(ExampleError) in
            var example = try LabeledExample(json: json)
            let label = try task.label(ofFile: example.label, key: "label", known: known)
            // A teacher's log-probabilities are those of the text as it was said.
            if example.logprobs == nil { example.label = label }
            example.gold = try example.gold.map { gold throws(ExampleError) in
                try task.label(ofFile: gold, key: "gold", known: known)
            }
            return (example, line)
        }
    }

}

extension TaskDefinition {
    /// A label or truth that a file gives, as it is kept: one of the set as it is spelled there, or what an answer by the
    /// schema is, in the form in which the answers of teachers and students are.
    ///
    /// - Parameter known: the task's labels.
    func label(ofFile text: String, key: String, known: Set<ExactText>) throws(ExampleError) -> String {
        switch kind {
        case .classification:
            guard known.contains(ExactText(text)) else {
                throw ExampleError(
                    "\(key): '\(text.prefix(60))', expected one of the \(labels.count) labels of task \(name)")
            }
            return text
        case .generation:
            guard answerSchema != nil else { return text }
            do {
                return try label(fromAnswer: text)
            } catch {
                throw ExampleError("\(key): \(error)")
            }
        }
    }
}
