import Foundation
public import GRDB
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
    ]

    let database: DatabasePool

    /// - Parameter database: a database that ran ``migrations``.
    public init(database: DatabasePool) { self.database = database }

    /// Writes, although the task may be cancelled: what is booked here has happened.
    func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await Task { [database] in try await database.write(body) }.value
        } catch let error as DatabaseError {
            throw StorageError(databaseError: error, file: database.path)
        }
    }

    func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await database.read(body)
        } catch let error as DatabaseError {
            throw StorageError(databaseError: error, file: database.path)
        }
    }
}
