import Foundation
import GRDB
import Registry
import Storage
import Testing
import TestSupport

struct HistoryTests {
    let scratch: Scratch
    let registry: ReleaseRegistry

    init() throws {
        scratch = try Scratch()
        registry = try scratch.registry()
    }

    /// The database, as somebody with a SQLite shell has it.
    private func edit(_ sql: String) throws {
        let queue = try DatabaseQueue(path: "\(scratch.workspacePath)/retort.sqlite")
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    private func dropTriggers() throws {
        let queue = try DatabaseQueue(path: "\(scratch.workspacePath)/retort.sqlite")
        try queue.write { database in
            let names = try String.fetchAll(
                database, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'registry_%'")
            #expect(names.count == 6)
            for name in names { try database.execute(sql: "DROP TRIGGER \(name)") }
        }
        try queue.close()
    }

    private func fill() throws {
        for text in ["a", "b"] { try scratch.register(of: text) }
        _ = try registry.promote("intent", version: 1, by: "ada")
        _ = try registry.promote("intent", version: 2, by: "ada")
    }

    /// The digests were made with Python's hashlib and json (sorted keys, no white space).
    @Test func chainIsSHA256OfCanonicalJSON() throws {
        let path = try scratch.file("a.gguf", "first adapter")
        var registration = Registration(name: "intent", artifact: path, by: "ada")
        registration.note = "first"
        let start = try #require(ISO8601DateFormatter().date(from: "2026-10-01T08:00:00Z"))
        let version = try registry.register(registration, now: start).version
        _ = try registry.promote(
            "intent", version: 1, by: "grace", reason: "launch", override: "a trial", now: start.addingTimeInterval(1))
        let digests = try registry.history().map(\.digest.hex)
        #expect(version.recordDigest.hex == "1bb8bac471d13ecb4af9674c10c5b82bd8476ee99b9f4e8c91b61e9796ec5f49")
        #expect(
            digests == [
                "80d3b2dd5bbeef11c159c07d6a4ca5f7b773844cc6409c938e24db1b3a7fda1f",
                "a864f92c7bf0fee08a7e3f1b196eb600a7147581637710fc70e15d9d85b70856",
            ])
        #expect(try registry.verify().problems.isEmpty)
    }

    @Test(arguments: [
        "UPDATE registry_version SET passed = 1", "DELETE FROM registry_version",
        "UPDATE registry_history SET by = 'eve'", "DELETE FROM registry_history WHERE sequence = 4",
        "INSERT OR REPLACE INTO registry_version SELECT * FROM registry_version",
        "INSERT OR REPLACE INTO registry_history SELECT * FROM registry_history WHERE sequence = 1",
    ])
    func databaseRefusesChanges(sql: String) throws {
        try fill()
        #expect(throws: DatabaseError.self) { try edit(sql) }
        #expect(try registry.verify().problems.isEmpty)
    }

    @Test(arguments: [
        ("UPDATE registry_history SET by = 'eve' WHERE sequence = 3", "history entry 3 was changed"),
        ("UPDATE registry_history SET reason = 'x' WHERE sequence = 1", "history entry 1 was changed"),
        ("DELETE FROM registry_history WHERE sequence = 2", "expected number 2; one is missing"),
        ("DELETE FROM registry_history WHERE sequence = 4", "alias intent@production was moved past the history"),
        ("DELETE FROM registry_version WHERE version = 1", "version intent:1 is missing"),
        ("UPDATE registry_version SET passed = 0 WHERE version = 2", "version intent:2 was changed"),
        ("UPDATE registry_version SET note = 'better' WHERE version = 2", "version intent:2 was changed"),
        ("UPDATE registry_alias SET version = 1", "alias intent@production was moved past the history"),
        ("DELETE FROM registry_alias", "alias intent@production is missing"),
        (
            "INSERT INTO registry_alias VALUES ('intent', 'canary', 1, 3)",
            "alias intent@canary was moved past the history"
        ),
    ])
    func tamperingIsFound(sql: String, problem: String) throws {
        try fill()
        try dropTriggers()
        try edit("PRAGMA foreign_keys = OFF")
        try edit(sql)
        let problems = try registry.verify().problems
        #expect(problems.contains { $0.contains(problem) }, "\(problems)")
    }

    /// Whoever rewrites an entry and its digest breaks the link of the next one.
    @Test func rewrittenEntryBreaksTheChain() throws {
        try fill()
        try dropTriggers()
        var forged = try registry.history()[2]
        forged.by = "eve"
        try edit("UPDATE registry_history SET by = 'eve', digest = '\(forged.digest)' WHERE sequence = 3")
        let problems = try registry.verify().problems
        #expect(problems.filter { !$0.contains("trigger") }.count == 1)
        #expect(problems.contains { $0.contains("history entry 4 does not follow the one before") })
    }

    /// A history rewritten whole, or cut at its end together with the alias, shows against a digest noted before.
    @Test func notedHeadProvesThatNothingWasCutOff() throws {
        try fill()
        let head = try #require(try registry.verify().head)
        try dropTriggers()
        try edit("DELETE FROM registry_history WHERE sequence = 4; UPDATE registry_alias SET version = 1, sequence = 3")
        let cut = try registry.verify().problems
        #expect(cut.contains { $0.contains("the history ends at entry 3, expected entry 4") }, "\(cut)")
        #expect(try registry.verify(expecting: head).problems.count == cut.count + 1)
    }

    @Test func damagedAndMissingFilesAreNamed() throws {
        try fill()
        let versions = try registry.versions()
        try Data("rot".utf8).write(to: URL(fileURLWithPath: registry.store.path(of: versions[0].artifact)))
        let evaluation = try #require(versions[1].evaluation)
        try FileManager.default.removeItem(atPath: registry.store.path(of: evaluation))
        let problems = try registry.verify().problems
        #expect(problems.count == 2)
        #expect(problems[0].hasPrefix("artifact of intent:1: "))
        #expect(problems[1].hasPrefix("evaluation of intent:2 is missing: "))
    }

    /// A time is hashed as it is written; it must be the same after it was read, whatever its milliseconds.
    @Test func everyMillisecondReadsBack() throws {
        for milliseconds in 0..<4000 {
            let date = Date(timeIntervalSince1970: 1_795_266_568 + Double(milliseconds) / 1000 + 0.0003)
            let text = Timestamp.fullText(date)
            #expect(text.hasSuffix(".\(String(1000 + milliseconds % 1000).dropFirst())Z"))
            let read = try #require(Timestamp.date(fullText: text))
            #expect(Timestamp.fullText(read) == text)
            #expect(read == Timestamp.rounded(date))
        }
        #expect(Timestamp.date(fullText: "2026-10-01T08:00:00Z") == nil)
        #expect(Timestamp.date(fullText: "yesterday.000Z") == nil)
    }

    @Test func counterGrowsWithEveryChange() throws {
        #expect(try registry.sequence() == 0)
        try scratch.register(of: "a")
        #expect(try registry.sequence() == 1)
        _ = try registry.promote("intent", version: 1, by: "ada")
        #expect(try registry.sequence() == 2)
    }
}
