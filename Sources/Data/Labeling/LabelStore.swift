import Conversations
public import Dialects
import Foundation
import GRDB
public import Storage
public import Tasks
import Teachers

/// The labels of a workspace, by task, teacher and input.
public struct LabelStore: Sendable {
    /// Who labels what: answers of one scope never stand in for those of another.
    public struct Scope: Sendable, Hashable {
        let task: ContentDigest
        let teacher: String

        public init(task: TaskDefinition, dialect: Dialect, model: String) {
            self.task = task.trainingDigest
            teacher = "\(dialect.rawValue)/\(model)"
        }
    }

    /// The table's history, to be passed to ``Workspace/database(_:)``.
    public static let migrations: [Migration] = [
        Migration("labeling-1-answers") { database in
            try database.create(table: "label_answer") { table in
                table.column("task", .text).notNull()
                table.column("teacher", .text).notNull()
                table.column("input_digest", .text).notNull()
                table.column("label", .text)
                table.column("reason", .text)
                table.column("response", .text)
                table.column("cost_units", .integer).notNull()
                table.column("answered_at", .datetime).notNull()
                table.primaryKey(["task", "teacher", "input_digest"])
                table.check(sql: "(label IS NULL) <> (reason IS NULL)")
            }
        },
        Migration("labeling-2-logprobs") { database in
            try database.alter(table: "label_answer") { table in
                table.add(column: "top_logprobs", .integer)
                table.add(column: "logprobs", .blob)
                table.add(column: "without_logprobs", .text)
            }
        },
        Migration("labeling-3-times-and-view") { database in
            try database.countMilliseconds(in: "label_answer", ["answered_at"])
            // What lineage may read of a label, whatever becomes of the table.
            try database.execute(
                sql: """
                    CREATE VIEW lineage_label AS
                        SELECT task, teacher, input_digest AS input, response, cost_units, answered_at
                        FROM label_answer WHERE label IS NOT NULL
                    """)
        },
    ]

    private let database: WorkspaceDatabase

    /// - Parameter database: a database that ran ``migrations``.
    public init(database: WorkspaceDatabase) { self.database = database }

    /// All answers of a scope, by the digest of the input.
    public func answers(_ scope: Scope) async throws -> [ContentDigest: LabelAnswer] {
        try await database.read { database in
            var answers: [ContentDigest: LabelAnswer] = [:]
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT input_digest, label, reason, response, cost_units, top_logprobs, logprobs, without_logprobs
                    FROM label_answer WHERE task = ? AND teacher = ?
                    """,
                arguments: [scope.task.column, scope.teacher])
            while let row = try rows.next() {
                guard let input = try row.digest("input_digest") else {
                    throw StorageError(.input, "the database holds a damaged label")
                }
                let label: String? = row["label"]
                let reason: String? = row["reason"]
                var answer = LabelAnswer(
                    label.map { .label($0) } ?? .rejected(reason ?? ""),
                    response: try row.digest("response"), cost: USD(units: row["cost_units"]),
                    topLogprobs: row["top_logprobs"])
                answer.logprobs = try LabelStore.logprobs(row)
                answer.withoutLogprobs = (row["without_logprobs"] as String?).flatMap(LogprobsError.Kind.init)
                answers[input] = answer
            }
            return answers
        }
    }

    /// What a row holds of log-probabilities.
    static func logprobs(_ row: Row) throws -> TokenLogprobs? {
        guard let bytes: Data = row["logprobs"] else { return nil }
        do {
            return try TokenLogprobs(bytes: Array(bytes))
        } catch {
            throw StorageError(.input, "the database holds damaged log-probabilities: \(error)")
        }
    }

    /// Keeps an answer; an earlier one of the same scope and input is replaced.
    ///
    /// Finishes although the task is cancelled: an answer that is there has been paid for.
    func put(_ answer: LabelAnswer, input: ContentDigest, _ scope: Scope) async throws {
        try await database.write { database in
            var reason: String?
            if case .rejected(let text) = answer.outcome { reason = text }
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO label_answer
                    (task, teacher, input_digest, label, reason, response, cost_units, answered_at,
                     top_logprobs, logprobs, without_logprobs)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    scope.task.column, scope.teacher, input.column, answer.label, reason,
                    answer.response?.column, answer.cost.units, Date().column, answer.topLogprobs,
                    answer.logprobs.map { Data($0.bytes) }, answer.withoutLogprobs?.rawValue,
                ])
        }
    }
}
