import GRDB
public import Storage

/// What was asked, answered and spent, in the workspace's database: the response cache and the budget's book.
///
/// `teacher_response` holds each response body byte for byte under the key of its request. `teacher_spend` holds one
/// row for each request that was sent: `reserved` before it goes out, then `settled` with its cost in the very
/// transaction that keeps the response, `released` when it certainly cost nothing, `ambiguous` when nobody knows
/// (cut, timed out, killed in flight); an ambiguous row counts in full. `teacher_correction` keeps what a person set
/// right, and `teacher_form` what was learned of a model's requests.
public final class TeacherLedger: Sendable {
    /// The tables' history, to be passed to ``Workspace/database(_:)``.
    public static let migrations: [Migration] = [
        Migration("teachers-1-responses") { database in
            try database.create(table: "teacher_response") { table in
                table.primaryKey("key", .text)
                table.column("dialect", .text).notNull()
                table.column("model", .text).notNull()
                table.column("digest", .text).notNull()
                table.column("body", .blob).notNull()
                table.column("input_tokens", .integer).notNull()
                table.column("output_tokens", .integer).notNull()
                table.column("cost_units", .integer).notNull()
                table.column("received_at", .datetime).notNull()
            }
            try database.create(table: "teacher_spend") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("account", .text).notNull().indexed()
                table.column("key", .text).notNull()
                table.column("state", .text).notNull()
                table.column("units", .integer).notNull()
                table.column("created_at", .datetime).notNull()
            }
        },
        Migration("teachers-2-bookings") { database in
            try database.alter(table: "teacher_spend") { table in
                table.add(column: "run", .integer)
                table.add(column: "teacher", .text)
                table.add(column: "token_limit", .integer)
                table.add(column: "input_tokens", .integer)
                table.add(column: "output_tokens", .integer)
                table.add(column: "doubt", .text)
            }
            try database.create(table: "teacher_correction") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("entry", .integer).notNull().indexed()
                table.column("from_state", .text).notNull()
                table.column("from_units", .integer).notNull()
                table.column("to_units", .integer).notNull()
                table.column("reason", .text).notNull()
                table.column("corrected_at", .datetime).notNull()
            }
            try database.create(table: "teacher_form") { table in
                table.primaryKey("teacher", .text)
                table.column("form", .text).notNull()
                table.column("learned_at", .datetime).notNull()
            }
        },
        Migration("teachers-3-times-and-view") { database in
            try database.countMilliseconds(in: "teacher_response", ["received_at"])
            try database.countMilliseconds(in: "teacher_spend", ["created_at"])
            try database.countMilliseconds(in: "teacher_correction", ["corrected_at"])
            try database.countMilliseconds(in: "teacher_form", ["learned_at"])
            // What lineage may read of a response, whatever becomes of the table. Two requests may have had one answer.
            try database.execute(
                sql: """
                    CREATE INDEX teacher_response_by_digest ON teacher_response (digest);
                    CREATE VIEW lineage_response AS
                        SELECT digest AS response, min(model) AS model, max(cost_units) AS cost_units,
                            min(received_at) AS received_at
                        FROM teacher_response GROUP BY digest;
                    """)
        },
    ]

    let database: WorkspaceDatabase

    /// - Parameter database: a database that ran ``migrations``.
    public init(database: WorkspaceDatabase) { self.database = database }
}
