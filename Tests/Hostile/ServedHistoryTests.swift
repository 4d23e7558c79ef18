import Foundation
import GRDB
import JSON
import Testing
import TestSupport

/// A server follows what was promoted, and nothing that was written into its database.
@Suite(.ownThreads) struct ServedHistoryTests {
    let folder: ScratchFolder
    private var workspace: String { folder.file("w") }

    init() throws { folder = try ScratchFolder() }

    private func run(_ name: String, _ arguments: String...) throws -> Executable.Outcome {
        let outcome = try Executable.run(name, arguments)
        #expect(outcome.status == 0, "\(name): \(outcome.errors)")
        return outcome
    }

    /// Two versions, of which the first is promoted.
    private func release() throws {
        let rows = #"{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"#
        let dataset = try folder.write("train.jsonl", rows)
        for seed in ["1", "2"] {
            let output = folder.file("\(seed).gguf")
            _ = try run(
                "retort-train", "--base", Checkout.base, "--dataset", dataset, "--rank", "2", "--epochs", "1", "--seed",
                seed, "--output", output, "--quiet")
            _ = try run(
                "retort-registry", "register", "intent", "--artifact", output, "--base", Checkout.base, "--workspace",
                workspace)
        }
        try promote("intent:1")
    }

    private func promote(_ version: String) throws {
        _ = try run(
            "retort-registry", "promote", version, "--override", "a test", "--workspace", workspace)
    }

    private func edit(_ sql: String) throws {
        let queue = try DatabaseQueue(path: "\(workspace)/retort.sqlite")
        try queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    private var flags: [String] { ["--base", Checkout.base, "--workspace", workspace, "--model", "intent"] }

    @Test func anAliasMovedBySQLIsNotServed() async throws {
        try release()
        let server = try await Server(flags)
        let health = try await server.get("/healthz")
        try edit("UPDATE registry_alias SET version = 2")
        #expect(try await server.waitForHealth { $0.serialized().contains("moved past the history") })
        #expect(try server.errors.components(separatedBy: "moved past the history").count == 2)
        #expect(try await server.get("/healthz").serialized().contains("\"version\":2") == false)
        // Set right, it goes on as if nothing had been.
        try edit("UPDATE registry_alias SET version = 1")
        #expect(try await server.waitForHealth { !$0.serialized().contains("moved past the history") })
        try promote("intent:2")
        #expect(try await server.waitForHealth { $0.serialized().contains("\"version\":2") })
        #expect(await server.stop() == 0)
        #expect(!health.serialized().contains("\"version\":2"))

        try edit("UPDATE registry_alias SET version = 1")
        let failure = await #expect(throws: Server.StartFailure.self) { _ = try await Server(flags) }
        #expect(failure?.errors.contains("alias intent@production was moved past the history") == true)
        #expect(failure?.status == 3)
    }

    /// Of a registry that was put back from a copy, what was served goes on until somebody accepts it; a restart is not needed.
    @Test func aRegistryThatWasPutBackIsFollowedOnceItIsAccepted() async throws {
        try release()
        let database = "\(workspace)/retort.sqlite"
        let copy = try DatabaseQueue(path: folder.file("copy.sqlite"))
        try DatabaseQueue(path: database).backup(to: copy)
        let note = "\(workspace)/registry-head.json"
        let oldNote = try String(contentsOfFile: note, encoding: .utf8)
        try promote("intent:2")
        let server = try await Server(flags)
        #expect(try await server.waitForHealth { $0.serialized().contains("\"version\":2") })
        try copy.backup(to: try DatabaseQueue(path: database))
        #expect(try await server.waitForHealth { $0.serialized().contains("was changed or removed") })
        // Whether a version asked for by number was promoted, this registry cannot tell.
        #expect(try await server.chat("intent:1", "a", [("max_tokens", 1)]).status == 503)
        #expect(try await server.get("/healthz").serialized().contains("\"version\":2"))
        // Nor is a note that was put back, too, an acceptance.
        try oldNote.write(toFile: note, atomically: true, encoding: .utf8)
        #expect(try await server.chat("intent:1", "a", [("max_tokens", 1)]).status == 503)
        #expect(try await server.get("/healthz").serialized().contains("\"version\":2"))
        _ = try run("retort-registry", "accept", "--reason", "a test", "--workspace", workspace)
        #expect(try await server.waitForHealth { $0.serialized().contains("\"version\":1") })
        #expect(try await server.get("/healthz")["status"] == "ok")
        #expect(await server.stop() == 0)
    }
}
