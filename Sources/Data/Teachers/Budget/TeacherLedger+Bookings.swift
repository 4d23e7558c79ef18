import Dialects
import Foundation
import GRDB
import Storage

extension TeacherLedger {
    /// The book, oldest first: of one account or of all.
    public func bookings(account: String? = nil) throws -> [Booking] {
        try database.read { database in
            let corrections = try TeacherLedger.corrections(database)
            let condition = account == nil ? "" : "WHERE account = ?"
            let rows = try Row.fetchCursor(
                database, sql: "SELECT * FROM teacher_spend \(condition) ORDER BY id",
                arguments: account.map { [$0] } ?? [])
            var bookings: [Booking] = []
            while let row = try rows.next() {
                var booking = try TeacherLedger.booking(row)
                booking.correction = corrections[booking.id]
                bookings.append(booking)
            }
            return bookings
        }
    }

    private static func booking(_ row: Row) throws -> Booking {
        guard let state = Booking.State(rawValue: row["state"]), let time = try row.time("created_at") else {
            throw StorageError(.input, "the database holds a booking in a state that is not known")
        }
        let input: Int? = row["input_tokens"]
        let output: Int? = row["output_tokens"]
        var booking = Booking(
            id: row["id"], account: row["account"], run: row["run"], teacher: row["teacher"], state: state,
            amount: USD(units: row["units"]), time: time, limit: row["token_limit"])
        if let input, let output { booking.usage = TokenUsage(input: input, output: output) }
        booking.doubt = row["doubt"]
        return booking
    }

    private static func corrections(_ database: Database) throws -> [Int64: Booking.Correction] {
        var corrections: [Int64: Booking.Correction] = [:]
        let rows = try Row.fetchCursor(database, sql: "SELECT * FROM teacher_correction ORDER BY id")
        while let row = try rows.next() {
            guard let time = try row.time("corrected_at") else { continue }
            corrections[row["entry"]] = Booking.Correction(
                before: USD(units: row["from_units"]), reason: row["reason"], time: time)
        }
        return corrections
    }

    /// Sets a booking right: what the request cost by the teacher's own account, with the reason. What stood there
    /// before is kept beside it. The caller holds the account's lock.
    ///
    /// - Throws: a ``TeacherError`` of kind ``TeacherError/Kind/configuration`` where there is no such booking.
    public func correct(_ id: Int64, to amount: USD, reason: String) async throws -> Booking {
        let isThere = try await database.write { database in
            guard
                let row = try Row.fetchOne(
                    database, sql: "SELECT state, units FROM teacher_spend WHERE id = ?", arguments: [id])
            else { return false }
            try database.execute(
                sql: """
                    INSERT INTO teacher_correction (entry, from_state, from_units, to_units, reason, corrected_at)
                    VALUES (?, ?, ?, ?, ?, ?)
                    """,
                arguments: [id, row["state"] as String, row["units"] as Int, amount.units, reason, Date().column])
            try database.execute(
                sql: "UPDATE teacher_spend SET state = 'corrected', units = ? WHERE id = ?",
                arguments: [amount.units, id])
            return true
        }
        guard isThere, let booking = try bookings().first(where: { $0.id == id }) else {
            throw TeacherError(
                .configuration, "booking \(id): not in the book, expected one of its numbers",
                hint: "retort-label ledger --by request lists them")
        }
        return booking
    }
}
