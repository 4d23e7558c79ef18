import Foundation
import GRDB
import Registry
import Storage
import Testing
import TestSupport

/// What is changed behind the history's back is followed by nobody, and no change makes it good.
struct ChainGuardTests {
    let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        for text in ["a", "b"] { try scratch.register(of: text) }
        let registry = try scratch.registry()
        for version in [1, 2] { _ = try registry.promote("intent", version: version, by: "ada", reason: "a start") }
    }

    private var database: String { "\(scratch.workspacePath)/retort.sqlite" }
    private var head: String { "\(scratch.workspacePath)/registry-head.json" }

    /// The database, as somebody with a SQLite shell has it.
    private func edit(_ sql: String, keepingTriggers: Bool = true) throws {
        let queue = try DatabaseQueue(path: database)
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA foreign_keys = OFF")
            if !keepingTriggers {
                let triggers = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
                for name in try String.fetchAll(database, sql: triggers) {
                    try database.execute(sql: "DROP TRIGGER \(name)")
                }
            }
            try database.execute(sql: sql)
        }
        try queue.close()
    }

    private func check(_ body: (ReleaseRegistry) throws -> Void, isRefusedBy text: String) throws {
        let error = #expect(throws: RegistryError.self) { try body(try scratch.registry()) }
        #expect(error?.kind == .damaged && error?.description.contains(text) == true, "\(String(describing: error))")
    }

    private func checkAllRefuse(_ text: String) throws {
        let selector = try VersionSelector("intent")
        try check({ _ = try $0.resolve(selector) }, isRefusedBy: text)
        try check({ _ = try $0.sequence() }, isRefusedBy: text)
        try check({ _ = try $0.aliases() }, isRefusedBy: text)
        try check({ _ = try $0.versions() }, isRefusedBy: text)
        try check({ _ = try $0.promote("intent", version: 1, by: "ada", reason: "r") }, isRefusedBy: text)
        try check({ _ = try $0.rollback("intent", by: "ada", reason: "r") }, isRefusedBy: text)
        try check({ _ in try scratch.register(of: "c") }, isRefusedBy: text)
        #expect(try scratch.registry().verify().problems.contains { $0.contains(text) })
    }

    @Test(arguments: [
        ("UPDATE registry_alias SET version = 1", "alias intent@production was moved past the history"),
        ("DELETE FROM registry_alias", "alias intent@production is missing"),
        ("INSERT INTO registry_alias VALUES ('intent', 'canary', 1, 3)", "alias intent@canary was moved past"),
    ])
    func anAliasThatTheHistoryDoesNotKnowIsNotFollowed(sql: String, problem: String) throws {
        try edit(sql)
        try checkAllRefuse(problem)
        // The history is the measure, and puts it right.
        let entries = try scratch.registry().accept(by: "ada", reason: "somebody had a shell")
        #expect(entries.map(\.action) == [.accept])
        let registry = try scratch.registry()
        #expect(try registry.resolve(VersionSelector("intent")).version == 2)
        #expect(try registry.aliases().count == 1)
        #expect(try registry.verify().problems.isEmpty)
    }

    @Test func aServersRegistryNoticesWhileItRuns() throws {
        let registry = try scratch.registry()
        #expect(try registry.sequence() == 4)
        try edit("UPDATE registry_alias SET version = 1")
        #expect(throws: RegistryError.self) { try registry.sequence() }
        try edit("UPDATE registry_alias SET version = 2")
        #expect(try registry.sequence() == 4)
        try edit("UPDATE registry_history SET reason = 'x' WHERE sequence = 4", keepingTriggers: false)
        #expect(throws: RegistryError.self) { try registry.sequence() }
    }

    @Test func aCutOffEndIsRefused() throws {
        try edit(
            "DELETE FROM registry_history WHERE sequence = 4; UPDATE registry_alias SET version = 1, sequence = 3",
            keepingTriggers: false)
        try checkAllRefuse("the history ends at entry 3, expected entry 4")
    }

    @Test func anOldDatabasePutBackIsRefusedUntilSomebodyAcceptsIt() throws {
        // What is in the log beside the database belongs to it.
        try edit("PRAGMA wal_checkpoint(TRUNCATE)")
        let backup = try Data(contentsOf: URL(filePath: database))
        _ = try scratch.registry().rollback("intent", by: "ada", reason: "complaints")
        try scratch.register(of: "c")
        try edit("PRAGMA wal_checkpoint(TRUNCATE)")
        for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: database + suffix) }
        try backup.write(to: URL(filePath: database))
        try checkAllRefuse("the history ends at entry 4, expected entry 6")
        // More entries do not make another history of it.
        try FileManager.default.copyItem(atPath: head, toPath: head + ".kept")
        try FileManager.default.removeItem(atPath: head)
        try checkAllRefuse("registry-head.json is missing")
        try FileManager.default.moveItem(atPath: head + ".kept", toPath: head)

        let tool = try Executable.run(
            "retort-registry", "accept", "--reason", "the disk failed", "--by", "ada", "--workspace",
            scratch.workspacePath)
        #expect(tool.status == 0, "\(tool.errors)")
        let registry = try scratch.registry()
        let entry = try #require(try registry.history().last)
        #expect(entry.action == .accept && entry.reason == "the disk failed" && entry.newVersion == 2)
        #expect(try registry.verify().problems.isEmpty)
        #expect(try registry.rollback("intent", by: "ada", reason: "still").newVersion == 1)
    }

    @Test func aHistoryWithAnotherEndIsRefused() throws {
        var forged = try #require(try scratch.registry().history().last)
        forged.by = "eve"
        try edit(
            "UPDATE registry_history SET by = 'eve', digest = '\(forged.digest)' WHERE sequence = 4",
            keepingTriggers: false)
        try checkAllRefuse("history entry 4 has the digest")
    }

    /// Killed between the change and the note of it: the chain goes on from what is noted.
    @Test func aNoteThatLagsBehindIsMadeGood() throws {
        let old = try String(contentsOfFile: head, encoding: .utf8)
        _ = try scratch.registry().rollback("intent", by: "ada", reason: "complaints")
        try AtomicFile.write(old, to: head)
        let registry = try scratch.registry()
        #expect(try registry.resolve(VersionSelector("intent")).version == 1)
        #expect(try registry.verify().problems.isEmpty)
        // What changes nothing notes it, too.
        #expect(try registry.promote("intent", version: 1, by: "ada", reason: "r") == nil)
        #expect(try String(contentsOfFile: head, encoding: .utf8) != old)
    }

    @Test func aRegistryOfAnOlderReleaseNotesItsHeadWithTheFirstChange() throws {
        try FileManager.default.removeItem(atPath: head)
        try edit("DELETE FROM registry_head")
        let registry = try scratch.registry()
        #expect(try registry.resolve(VersionSelector("intent")).version == 2)
        #expect(try registry.verify().problems.isEmpty)
        _ = try registry.rollback("intent", by: "ada", reason: "r")
        #expect(FileManager.default.fileExists(atPath: head))
        try FileManager.default.removeItem(atPath: head)
        // Only the very first change can have been killed before its note.
        #expect(try scratch.registry().sequence() == 5)
        _ = try scratch.registry().promote("intent", version: 2, by: "ada", reason: "r")
        try FileManager.default.removeItem(atPath: head)
        try checkAllRefuse("registry-head.json is missing")
    }

    @Test func aChangedVersionIsNotFollowed() throws {
        try edit(
            "UPDATE registry_version SET artifact = (SELECT artifact FROM registry_version WHERE version = 1) WHERE version = 2",
            keepingTriggers: false)
        let selector = try VersionSelector("intent")
        try check({ _ = try $0.resolve(selector) }, isRefusedBy: "version intent:2 was changed")
        try check({ _ = try $0.versions() }, isRefusedBy: "version intent:2 was changed")
        // No backup explains it.
        try check({ _ = try $0.accept(by: "ada", reason: "r") }, isRefusedBy: "version intent:2 was changed")
    }

    @Test(arguments: [
        ("DROP TRIGGER registry_history_no_update", "trigger registry_history_no_update is missing"),
        (
            "DROP TRIGGER registry_version_no_delete; CREATE TRIGGER registry_version_no_delete BEFORE DELETE ON "
                + "registry_version BEGIN SELECT 1; END", "trigger registry_version_no_delete was changed"
        ),
        (
            "CREATE TRIGGER helpful AFTER INSERT ON registry_history BEGIN UPDATE registry_alias SET version = 1; END",
            "trigger helpful is foreign"
        ),
    ])
    func triggersAreVerified(sql: String, problem: String) throws {
        try edit(sql)
        let problems = try scratch.registry().verify().problems
        #expect(problems.count == 1 && problems[0].contains(problem), "\(problems)")
        _ = try scratch.registry().accept(by: "ada", reason: "a script")
        #expect(try scratch.registry().verify().problems.isEmpty)
    }

    @Test func whetherAVersionWasEverPromotedIsKnown() throws {
        try scratch.register(of: "c")
        let registry = try scratch.registry()
        #expect(try registry.wasPromoted("intent", version: 1))
        #expect(try registry.wasPromoted("intent", version: 3) == false)
        #expect(try registry.wasPromoted("intent", version: 4) == false)
        _ = try registry.rollback("intent", by: "ada", reason: "r")
        #expect(try registry.wasPromoted("intent", version: 2))
    }

    @Test func aClockThatIsSetBackChangesNoOrder() throws {
        let registry = try scratch.registry()
        let past = Date(timeIntervalSince1970: 1_000_000_000)
        let back = try registry.rollback("intent", by: "ada", reason: "r", now: past)
        #expect(back.newVersion == 1)
        _ = try registry.promote("intent", version: 2, by: "ada", reason: "r", now: past.addingTimeInterval(-1))
        #expect(try registry.resolve(VersionSelector("intent")).version == 2)
        #expect(try registry.history().map(\.sequence) == Array(1...6))
        #expect(try registry.rollback("intent", by: "ada", reason: "r", now: Date()).newVersion == 1)
        #expect(try scratch.registry().verify().problems.isEmpty)
    }

    /// A server asks several times a second: what was replayed once is not replayed again.
    @Test func aLongHistoryIsFollowedCheaply() throws {
        var entry = try #require(try scratch.registry().history().last)
        let queue = try DatabaseQueue(path: database)
        try queue.write { database in
            let insert = try database.makeStatement(
                sql: """
                    INSERT INTO registry_history SELECT ?, time, by, action, name, alias, 2, new_version, artifact, record,
                        evaluation, passed, reason, override, ?, ? FROM registry_history WHERE sequence = 4
                    """)
            for sequence in 5...10_000 {
                entry.previous = entry.digest
                entry.sequence = sequence
                entry.oldVersion = 2
                try insert.execute(arguments: [sequence, entry.previous?.description, entry.digest.description])
            }
        }
        try queue.close()
        let registry = try scratch.registry()
        #expect(try registry.sequence() == 10_000)
        let start = processorTime()
        for _ in 0..<500 { #expect(try registry.sequence() == 10_000) }
        // A second look at 10,000 entries takes a fifth of a second; five hundred would take minutes.
        #expect(processorTime() - start < 5)
    }

    @Test(arguments: ["ada\u{1B}[2J", "ada\npromote", "ada\u{2028}", "ada\u{202E}", " ", "\u{200B}"])
    func whatStrangersSayIsOneLineOfWords(text: String) throws {
        let registry = try scratch.registry()
        #expect(throws: RegistryError.self) { try registry.promote("intent", version: 1, by: text) }
        #expect(throws: RegistryError.self) { try registry.promote("intent", version: 1, by: "ada", override: text) }
        #expect(throws: RegistryError.self) { try registry.rollback("intent", by: "ada", reason: text) }
        #expect(throws: RegistryError.self) { try registry.accept(by: text, reason: "r") }
        var registration = Registration(name: "intent", artifact: try scratch.artifact("d"), by: "ada")
        registration.note = text
        #expect(throws: RegistryError.self) { try registry.register(registration) }
        for option in ["--reason", "--override", "--by"] {
            let more = option == "--by" ? ["--reason", "r"] : []
            let tool = try Executable.run(
                "retort-registry", ["promote", "intent:1", option, text, "--workspace", scratch.workspacePath] + more)
            #expect(tool.status == 1 && tool.errors.hasPrefix("error: \(option): "), "\(tool.errors)")
        }
        #expect(try registry.sequence() == 4)
    }
}
