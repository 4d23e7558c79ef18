import Foundation
import GRDB
import Storage

extension TeacherLedger {
    /// What is known of how a teacher bills.
    struct Habit: Sendable, Hashable {
        /// Answers that were booked.
        var answers = 0
        /// The most tokens that an answer was billed beyond the limit of its request.
        var beyondLimit = 0
    }

    /// Opens an account: what an earlier process left reserved when it died becomes ambiguous. The caller holds a lock
    /// that keeps other processes from spending on the same account.
    ///
    /// - Returns: what was spent since `start`, and the number of the run that begins.
    func open(account: String, since start: Date) async throws -> (spent: USD, run: Int) {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE teacher_spend SET state = 'ambiguous' WHERE account = ? AND state = 'reserved'",
                arguments: [account])
            // Summed here: SQLite's sum is an error where no integer holds it.
            let units = try Int.fetchCursor(
                database, sql: "SELECT units FROM teacher_spend WHERE account = ? AND created_at >= ?",
                arguments: [account, start.column])
            var spent = USD.zero
            while let amount = try units.next() { spent += USD(units: amount) }
            let last = try Int.fetchOne(database, sql: "SELECT max(run) FROM teacher_spend") ?? 0
            return (spent, last + 1)
        }
    }

    /// How every teacher of the workspace bills, by ``TeacherEndpoint/teacher``.
    func habits() async throws -> [String: Habit] {
        try await database.read { database in
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT teacher, count(*) AS answers,
                        max(CASE WHEN doubt IS NULL THEN output_tokens - token_limit END) AS beyond
                    FROM teacher_spend WHERE state = 'settled' AND teacher IS NOT NULL GROUP BY teacher
                    """)
            var habits: [String: Habit] = [:]
            while let row = try rows.next() {
                habits[row["teacher"]] = Habit(answers: row["answers"], beyondLimit: max(0, row["beyond"] ?? 0))
            }
            return habits
        }
    }

    /// Writes down that a request is about to be sent.
    func reserve(
        account: String, run: Int, teacher: String, key: ContentDigest, limit: Int, amount: USD
    ) async throws -> Int64 {
        try await database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO teacher_spend (account, run, teacher, key, token_limit, state, units, created_at)
                    VALUES (?, ?, ?, ?, ?, 'reserved', ?, ?)
                    """,
                arguments: [account, run, teacher, key.column, limit, amount.units, Date().column])
            return database.lastInsertedRowID
        }
    }

    /// Closes a reservation without an answer: for nothing, or in full when nobody knows.
    func close(_ entry: Int64, ambiguousAt amount: USD?) async throws {
        try await database.write { database in
            try database.execute(
                sql: "UPDATE teacher_spend SET state = ?, units = ? WHERE id = ?",
                arguments: [amount == nil ? "released" : "ambiguous", amount?.units ?? 0, entry])
        }
    }

    /// The number of an account's requests in a state: `reserved`, `settled`, `released`, `ambiguous`, `corrected`.
    package func count(account: String, state: String) async throws -> Int {
        try await database.read { database in
            try Int.fetchOne(
                database, sql: "SELECT count(*) FROM teacher_spend WHERE account = ? AND state = ?",
                arguments: [account, state]) ?? 0
        }
    }
}
