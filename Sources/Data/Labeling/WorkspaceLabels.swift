public import Datasets
import Foundation
import GRDB
import Interactions
public import Storage
public import Tasks

/// The labeled examples of a task that a workspace holds: its interactions, joined with what one teacher answered.
public struct WorkspaceLabels: Sendable {
    /// By time and then by id.
    public let examples: [LabeledExample]
    /// `dialect/model`, as ``LabelStore`` names it.
    public let teacher: String

    /// - Parameters:
    ///   - database: a database that ran the migrations of `InteractionStore` and ``LabelStore``.
    ///   - teacher: `dialect/model`; may be nil when only one teacher has labeled for the task.
    /// - Throws: ``LabelingError`` when nobody labeled, or several did and none was named.
    public init(database: WorkspaceDatabase, task: TaskDefinition, teacher wanted: String? = nil) throws {
        let scope = task.trainingDigest.column
        let teachers = try database.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT DISTINCT teacher FROM label_answer WHERE task = ? AND label IS NOT NULL ORDER BY teacher",
                arguments: [scope])
        }
        guard let teacher = wanted ?? teachers.first, teachers.contains(teacher) else {
            let others = teachers.isEmpty ? "" : "; the teachers are \(teachers.joined(separator: ", "))"
            throw LabelingError(
                "the workspace has no labels\(wanted.map { " of \($0)" } ?? "") for task \(task.name)\(others)",
                hint: "run retort-label first, with this very task.yaml, or give --labels")
        }
        guard wanted != nil || teachers.count == 1 else {
            throw LabelingError(
                "several teachers labeled for task \(task.name): \(teachers.joined(separator: ", ")), expected one",
                hint: "give --teacher, or --labels")
        }
        self.teacher = teacher
        let answers = try database.read { database in
            try Row.fetchAll(
                database, sql: "SELECT * FROM label_answer WHERE task = ? AND teacher = ? AND label IS NOT NULL",
                arguments: [scope, teacher])
        }
        let byInput = Dictionary(answers.map { (row: Row) in (row["input_digest"] as String, row) }) { $1 }
        let parts = teacher.split(separator: "/", maxSplits: 1).map(String.init)
        var found: [LabeledExample] = []
        try InteractionStore(database: database).forEach { interaction in
            guard let input = LabelInput(interaction, task: task), let row = byInput[input.digest.column],
                let label: String = row["label"]
            else { return }
            let subject = TaskSlice.Subject(input: input.input, label: label, time: input.time)
            found.append(
                LabeledExample(
                    interaction: interaction.id, time: interaction.time, input: input.input, label: label,
                    slices: try task.slices(of: subject),
                    source: LabeledExample.Source(
                        teacher: parts[0], model: parts.count > 1 ? parts[1] : nil,
                        response: try row.digest("response")),
                    logprobs: try LabelStore.logprobs(row)))
        }
        examples = found
    }
}
