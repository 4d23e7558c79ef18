import Conversations
import Foundation
public import GRDB
public import Storage

/// What was asked, answered and spent, in the workspace's database: the response cache and the budget's book.
///
/// `teacher_response` holds each response body byte for byte under the key of its request. `teacher_spend` holds one
/// row for each request that was sent: `reserved` before it goes out, then `settled` with its cost in the very
/// transaction that keeps the response, `released` when it certainly cost nothing, `ambiguous` when nobody knows
/// (cut, timed out, killed in flight); an ambiguous row counts in full.
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
        }
    ]

    private let database: DatabasePool

    /// - Parameter database: a database that ran ``migrations``.
    public init(database: DatabasePool) { self.database = database }

    /// Writes, although the task may be cancelled: what is booked here has happened.
    private func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await Task { [database] in try await database.write(body) }.value
        } catch let error as DatabaseError {
            throw StorageError(databaseError: error, file: database.path)
        }
    }

    /// The key of a request: what makes the answer, and not where it is asked.
    static func key(dialect: TeacherEndpoint.Dialect, model: String, body: JSONValue) -> ContentDigest {
        let identity: JSONValue = ["dialect": .string(dialect.rawValue), "model": .string(model), "request": body]
        return ContentDigest(of: identity.serializedBytes(.canonical))
    }

    struct Kept: Sendable {
        var body: [UInt8]
        var usage: TokenUsage
        var cost: USD
    }

    func response(for key: ContentDigest) async throws -> Kept? {
        try await database.read { database in
            let row = try Row.fetchOne(
                database,
                sql: "SELECT body, input_tokens, output_tokens, cost_units FROM teacher_response WHERE key = ?",
                arguments: [key.description])
            guard let row else { return nil }
            let body: [UInt8] = Array(row["body"] as Data)
            let usage = TokenUsage(input: row["input_tokens"], output: row["output_tokens"])
            return Kept(body: body, usage: usage, cost: USD(units: row["cost_units"]))
        }
    }

    /// Writes down that a request is about to be sent.
    func reserve(account: String, key: ContentDigest, amount: USD) async throws -> Int64 {
        try await write { database in
            try database.execute(
                sql: "INSERT INTO teacher_spend (account, key, state, units, created_at) VALUES (?, ?, ?, ?, ?)",
                arguments: [account, key.description, "reserved", amount.units, Date()])
            return database.lastInsertedRowID
        }
    }

    /// Keeps a response and its cost, in one transaction.
    func settle(
        _ entry: Int64?, key: ContentDigest, endpoint: TeacherEndpoint, response: TeacherResponse
    ) async throws {
        try await write { database in
            try database.execute(
                sql: """
                    INSERT OR REPLACE INTO teacher_response
                    (key, dialect, model, digest, body, input_tokens, output_tokens, cost_units, received_at)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """,
                arguments: [
                    key.description, endpoint.dialect.rawValue, endpoint.model, response.digest.description,
                    Data(response.body), response.usage.input, response.usage.output, response.cost.units, Date(),
                ])
            guard let entry else { return }
            try database.execute(
                sql: "UPDATE teacher_spend SET state = 'settled', units = ? WHERE id = ?",
                arguments: [response.cost.units, entry])
        }
    }

    /// Closes a reservation without an answer.
    func close(_ entry: Int64, isAmbiguous: Bool) async throws {
        try await write { database in
            let sql =
                isAmbiguous
                ? "UPDATE teacher_spend SET state = 'ambiguous' WHERE id = ?"
                : "UPDATE teacher_spend SET state = 'released', units = 0 WHERE id = ?"
            try database.execute(sql: sql, arguments: [entry])
        }
    }

    /// Opens an account: what an earlier process left reserved when it died becomes ambiguous. The caller holds a lock
    /// that keeps other processes from spending on the same account.
    func open(account: String) async throws -> USD {
        try await write { database in
            try database.execute(
                sql: "UPDATE teacher_spend SET state = 'ambiguous' WHERE account = ? AND state = 'reserved'",
                arguments: [account])
            let units = try Int.fetchOne(
                database, sql: "SELECT coalesce(sum(units), 0) FROM teacher_spend WHERE account = ?",
                arguments: [account])
            return USD(units: units ?? 0)
        }
    }

    /// The number of an account's requests in a state: `reserved`, `settled`, `released`, `ambiguous`.
    package func count(account: String, state: String) async throws -> Int {
        try await database.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM teacher_spend WHERE account = ? AND state = ?",
                arguments: [account, state]) ?? 0
        }
    }
}
