import Foundation
import GRDB
import Storage
import Testing
import TestSupport

/// How columns hold digests and times, and what becomes of SQLite's errors.
@Suite struct ColumnsTests {
    private let scratch: ScratchFolder

    init() throws { scratch = try ScratchFolder() }

    @Test func digestsAndTimesReadBack() throws {
        let database = try DatabaseQueue()
        let digest = ContentDigest(of: "content")
        let date = Timestamp.rounded(Date())
        try database.write { database in
            try database.execute(sql: "CREATE TABLE t (d TEXT, at INTEGER)")
            try database.execute(
                sql: "INSERT INTO t VALUES (?, ?), (NULL, NULL)", arguments: [digest.column, date.column])
            let rows = try Row.fetchAll(database, sql: "SELECT * FROM t ORDER BY d DESC")
            #expect(try rows[0].digest("d") == digest && rows[0].time("at") == date)
            #expect(try rows[1].digest("d") == nil && rows[1].time("at") == nil)
        }
    }

    @Test func whatIsNeitherIsAnError() throws {
        try DatabaseQueue().read { database in
            for value in ["'sha256:1'", "7", "x'00'"] {
                let row = try #require(try Row.fetchOne(database, sql: "SELECT \(value) AS d"))
                let error = #expect(throws: StorageError.self) { try row.digest("d") }
                #expect(error?.description.hasPrefix("the database holds a damaged d: expected sha256:") == true)
            }
            for value in ["'2026-10-01'", "1.5", "x'00'"] {
                let row = try #require(try Row.fetchOne(database, sql: "SELECT \(value) AS at"))
                #expect(throws: StorageError.self) { try row.time("at") }
            }
        }
    }

    /// What an earlier release wrote gets its one form once, and keeps it.
    @Test func earlierFormsAreBroughtUpToDate() throws {
        let digest = ContentDigest(of: "content")
        try DatabaseQueue().write { database in
            try database.execute(sql: "CREATE TABLE t (d TEXT, at DATETIME)")
            try database.execute(
                sql: "INSERT INTO t VALUES (?, '2026-10-01 08:30:00.123'), (NULL, NULL)", arguments: [digest.hex])
            for _ in 0..<2 {
                try database.nameDigests(in: "t", ["d"])
                try database.countMilliseconds(in: "t", ["at"])
            }
            let rows = try Row.fetchAll(database, sql: "SELECT * FROM t ORDER BY d DESC")
            #expect(try rows[0].digest("d") == digest)
            #expect(try rows[0].time("at") == Timestamp.date("2026-10-01T08:30:00.123Z"))
            #expect(try rows[1].digest("d") == nil && rows[1].time("at") == nil)
        }
    }

    /// Read, written, in one thread or awaited: SQLite's reason with the file's name.
    @Test func whatSQLiteRefusesNamesTheFile() async throws {
        let database = try Workspace(path: scratch.file("w")).database([])
        func check(_ error: StorageError?) {
            #expect(error?.description == "database \(scratch.file("w/retort.sqlite")): no such table: nowhere")
            #expect(error?.kind == .input)
        }
        let query = "SELECT * FROM nowhere"
        check(await #expect(throws: StorageError.self) { try await database.read { try $0.execute(sql: query) } })
        check(await #expect(throws: StorageError.self) { try await database.write { try $0.execute(sql: query) } })
        func atOnce() {
            check(#expect(throws: StorageError.self) { try database.read { try $0.execute(sql: query) } })
            check(#expect(throws: StorageError.self) { try database.write { try $0.execute(sql: query) } })
        }
        atOnce()
    }
}
