public import Conversations
import Datasets
import Foundation
import PlainText
import Storage
public import Tasks

/// One row of a split as an evaluation sees it: what is asked, what the teacher said, what is true.
public struct EvaluationExample: Sendable, Hashable {
    public var id: String
    /// What the model is shown, up to its answer.
    public var messages: [Message]
    public var input: String
    /// The teacher's label, or its answer.
    public var label: String
    /// A truth that a person checked.
    public var gold: String?
    public var slices: [String]

    /// What the right answer is, as far as is known.
    public var truth: String { gold ?? label }

    public init(
        id: String, messages: [Message], input: String, label: String, gold: String? = nil, slices: [String] = []
    ) {
        self.id = id
        self.messages = messages
        self.input = input
        self.label = label
        self.gold = gold
        self.slices = slices
    }

    /// Reads a split for a task.
    ///
    /// A row that curation wrote is asked with the task's own prompt; one that others wrote, in the fine-tune form
    /// alone, is asked as it stands, and its last message is the teacher's answer.
    ///
    /// - Throws: `DatasetError` for lines that cannot be read, ``EvaluationError`` for an empty file and for labels
    ///   that are none of the task's.
    public static func examples(ofFile path: String, task: TaskDefinition) throws -> [EvaluationExample] {
        let rows: [DatasetRow]
        do {
            rows = try DatasetRow.rows(ofFile: path)
        } catch let error as DatasetError where error.kind == .empty {
            throw EvaluationError("\(path): no rows, expected a split with at least one row")
        }
        let reader = ExampleReader(path: path, task: task)
        return try rows.enumerated().map { try reader.example($0 + 1, $1) }
    }
}

/// Makes examples from rows, naming the file and the row when one does not fit the task.
private struct ExampleReader {
    let path: String
    let task: TaskDefinition

    func example(_ number: Int, _ row: DatasetRow) throws -> EvaluationExample {
        guard let metadata = row.metadata else { return try foreign(number, row.messages) }
        try checkAnswer(number, row, metadata)
        // The prompt around it may be another by now; the input may not.
        guard row.messages.contains(where: { $0.content.utf8.place(of: metadata.input.utf8) != nil }) else {
            throw EvaluationError(
                "\(path): row \(number): metadata.input: another text than the messages have, expected the same in both"
            )
        }
        return EvaluationExample(
            id: metadata.id.description, messages: task.studentMessages(for: metadata.input), input: metadata.input,
            label: try checked(metadata.label, "label", number),
            gold: try metadata.gold.map { try checked($0, "gold", number) }, slices: metadata.slices)
    }

    private func foreign(_ number: Int, _ messages: [Message]) throws -> EvaluationExample {
        guard let last = messages.last, last.role == .assistant, messages.count > 1 else {
            throw EvaluationError("\(path): row \(number): no answer, expected a last message of the assistant")
        }
        let asked = Array(messages.dropLast())
        guard let input = task.input(of: asked) else {
            throw EvaluationError("\(path): row \(number): no input, expected a message of the user")
        }
        let label: String
        do {
            label = try task.label(fromAnswer: last.content)
        } catch {
            throw EvaluationError("\(path): row \(number): \(error)")
        }
        let subject = TaskSlice.Subject(input: input, label: label, time: nil)
        return EvaluationExample(
            id: "row \(number)", messages: asked, input: input, label: label, slices: try task.slices(of: subject))
    }

    /// Refuses a row whose answer was changed in one of its two places: training would learn another one than is measured.
    private func checkAnswer(_ number: Int, _ row: DatasetRow, _ metadata: DatasetRow.Metadata) throws {
        guard let last = row.messages.last, last.role == .assistant else { return }
        let known = [metadata.truth, metadata.label]
        guard !known.contains(where: { Array($0.utf8) == Array(last.content.utf8) }) else { return }
        // What an answer says may be a customer's text; the name of a label is none.
        guard task.kind == .classification else {
            throw EvaluationError(
                "\(path): row \(number): the assistant's message: another answer than metadata, expected the same in both"
            )
        }
        guard (try? task.label(fromAnswer: last.content)).map(known.contains) != true else { return }
        throw EvaluationError(
            "\(path): row \(number): the assistant's message: '\(last.content.prefix(60))', expected "
                + "'\(metadata.truth)' as metadata has it")
    }

    private func checked(_ label: String, _ field: String, _ number: Int) throws -> String {
        guard task.kind == .classification, !task.labelNames.contains(label) else { return label }
        let guess = Spelling.nearest(to: label, among: task.labelNames).map { "; did you mean '\($0)'?" } ?? ""
        throw EvaluationError(
            "\(path): row \(number): \(field): '\(label)', expected one of the \(task.labels.count) labels of "
                + "task \(task.name)\(guess)")
    }
}
