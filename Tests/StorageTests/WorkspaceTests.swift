import Foundation
import GRDB
import Storage
import Testing
import TestSupport

@Suite struct WorkspaceTests {
    let scratch: ScratchFolder
    var workspace: Workspace { get throws { try Workspace(path: scratch.file("w")) } }

    init() throws { scratch = try ScratchFolder() }

    private static let one = Migration("one-1-make") { try $0.execute(sql: "CREATE TABLE one (a TEXT)") }
    private static let two = Migration("two-1-make") { try $0.execute(sql: "CREATE TABLE two (b TEXT)") }

    @Test func modulesBringTheirOwnTablesInAnyOrder() throws {
        let first = try workspace.database([Self.two])
        try first.write { try $0.execute(sql: "INSERT INTO two VALUES ('kept')") }
        let second = try workspace.database([Self.one, Self.two])
        try second.write { try $0.execute(sql: "INSERT INTO one VALUES ('x')") }
        let third = try workspace.database([Self.two])
        #expect(try third.read { try String.fetchAll($0, sql: "SELECT b FROM two") } == ["kept"])
    }

    @Test func aFileThatIsNoDatabaseIsNamed() throws {
        try AtomicFile.write(String(repeating: "not a database ", count: 100), to: scratch.file("w/retort.sqlite"))
        let error = #expect(throws: StorageError.self) { try workspace.database([Self.one]) }
        #expect(error?.description.contains("w/retort.sqlite: file is not a database") == true)
    }

    @Test func aLockIsHeldUntilItsOwnerIsGone() throws {
        var lock: FileLock? = try workspace.lock("train")
        let error = #expect(throws: StorageError.self) { try workspace.lock("train") }
        #expect(error?.kind == .busy)
        #expect(error?.description == "train is locked by another process (process \(getpid()))")
        _ = lock
        lock = nil
        _ = try workspace.lock("train")
    }
}
