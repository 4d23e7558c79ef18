import Foundation
import GRDB
import Registry
import Storage
import Testing

/// A workspace of the first release: what it registered is read as it was, and its history still verifies.
struct MigrationTests {
    @Test func theFirstSchemaIsReadAndItsHistoryHolds() throws {
        let scratch = try Scratch()
        let workspace = try Workspace(path: scratch.workspacePath)
        let old = try workspace.database(Array(RegistryMigrations.all.prefix(1)))
        let artifact = ContentDigest(of: "first adapter")
        let record = "sha256:1bb8bac471d13ecb4af9674c10c5b82bd8476ee99b9f4e8c91b61e9796ec5f49"
        let digest = "sha256:80d3b2dd5bbeef11c159c07d6a4ca5f7b773844cc6409c938e24db1b3a7fda1f"
        try old.write { database in
            try database.execute(
                sql: """
                    INSERT INTO registry_version VALUES ('intent', 1, 'adapter', ?, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                        'first', '2026-10-01T08:00:00.000Z', 'ada')
                    """, arguments: [artifact.description])
            try database.execute(
                sql: """
                    INSERT INTO registry_history VALUES (1, '2026-10-01T08:00:00.000Z', 'ada', 'register', 'intent', NULL,
                        NULL, 1, ?, ?, NULL, NULL, 'first', NULL, NULL, ?)
                    """, arguments: [artifact.description, record, digest])
        }
        try old.close()
        let registry = try ReleaseRegistry(workspace: workspace)
        try registry.store.put(Data("first adapter".utf8))
        #expect(try registry.verify().problems.isEmpty)
        let version = try #require(try registry.versions().first)
        #expect(version.recordDigest.description == record && version.source == nil)
        // The same file said to be another kind, or to answer a task, is another version.
        var registration = Registration(
            name: "intent", artifact: try scratch.file("a.gguf", "first adapter"), by: "ada")
        #expect(try registry.register(registration).version.version == 1)
        registration.kind = .base
        #expect(try registry.register(registration).version.version == 2)
        registration.task = .content(Data("{}".utf8))
        #expect(try registry.register(registration).version.version == 3)
        // What says less is what is there already.
        registration.task = nil
        #expect(try registry.register(registration).version.version == 2)
        #expect(try registry.verify().problems.isEmpty)
    }
}
