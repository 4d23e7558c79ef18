import Foundation
import HTTPTransport
import JSON
import Registry
import Storage
import Tasks
import Testing
import TestSupport

/// A version is answered with its own task, whatever task lies beside the server.
@Suite(.serialized, .ownThreads)
struct VersionTaskTests {
    private let bench: Bench

    init() throws { bench = try Bench() }

    private func task(_ labels: [String], threshold: Double = 0, name: String = "intent") throws -> TaskDefinition {
        let list = labels.map { "  - name: \($0)" }
        return try TaskDefinition(
            yaml: """
                name: \(name)
                labels:
                \(list.joined(separator: "\n"))
                prompts:
                  student: {user: "{input}"}
                  teacher: {system: "One of: {labels}", user: "{input}"}
                escalation: {threshold: \(threshold)}
                """)
    }

    private func register(_ seed: Int, _ source: Registration.Source?) throws -> RegistryVersion {
        var registration = Registration(
            name: "intent", artifact: try bench.adapter(seed: UInt64(seed), name: "own-\(seed)"), by: "test")
        registration.task = source
        return try bench.registry().register(registration).version
    }

    private func content(_ task: TaskDefinition) -> Registration.Source {
        .content(Data(task.json.serialized(.canonical).utf8))
    }

    @Test func eachVersionAnswersWithTheLabelsThatItWasMadeFor() async throws {
        let old = try task(["refund", "delivery"])
        let new = try task(["parcel", "invoice", "greeting"], threshold: 0.25)
        let first = try register(11, content(old)), second = try register(12, content(new))
        #expect(first.task == old.digest)
        try bench.promote(first.version)
        let log = "\(bench.path)/decisions.jsonl"
        let server = try await Server(bench.flags("--decision-log", log))
        func ask(_ model: String) async throws -> Reply {
            let reply = try await server.chat(model, "where is my parcel")
            #expect(reply.status == 200, "\(reply.errorMessage)")
            return reply
        }
        let before = try await ask("intent")
        #expect(["refund", "delivery"].contains(before.text))
        #expect(before.retort["threshold"]?.doubleValue == 0)
        try bench.promote(second.version)
        #expect(
            try await server.waitForHealth {
                $0["models"]?.arrayValue?.first?["version"]?.integerValue == second.version
            })
        let after = try await ask("intent")
        #expect(["parcel", "invoice", "greeting"].contains(after.text))
        #expect(after.retort["threshold"]?.doubleValue == 0.25)
        // By number the older one still answers, with the older labels.
        #expect(["refund", "delivery"].contains(try await ask("intent:\(first.version)").text))
        #expect(await server.stop() == 0)
        let rows = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map {
            try JSONValue(parsing: String($0))["decision"] ?? .null
        }
        #expect(rows.map { $0["task"]?.stringValue } == [old, new, old].map(\.digest.description))
        #expect(rows[0]["settings"] == rows[2]["settings"])
        #expect(rows[0]["settings"] != rows[1]["settings"])
        let student = try #require(rows[1]["student"])
        #expect(student["answer"]?.stringValue == after.text)
        let scores = try #require(student["scores"]?.objectValue)
        #expect(scores.keys == ["parcel", "invoice", "greeting"])
        #expect(abs(scores.members.reduce(0) { $0 + ($1.value.doubleValue ?? .nan) } - 1) < 1e-9)
        #expect(scores[after.text]?.doubleValue == after.retort["confidence"]?.doubleValue)
    }

    @Test func theDecisionLogIsItsOwnersAlone() async throws {
        let log = "\(bench.path)/decisions.jsonl"
        let server = try await Server(bench.flags("--decision-log", log))
        #expect(await server.stop() == 0)
        let permissions = try FileManager.default.attributesOfItem(atPath: log)[.posixPermissions] as? Int
        #expect(permissions == 0o600)
    }

    @Test func aTaskBesideTheServerDoesNotReplaceTheVersionsOwn() async throws {
        let own = try register(11, content(try task(["refund", "delivery"])))
        try bench.promote(own.version)
        let server = try await Server(bench.flags("--task", try bench.task()))
        let reply = try await server.chat("intent", "where is my parcel")
        #expect(["refund", "delivery"].contains(reply.text))
        let said = try server.errors
        #expect(said.contains("warning: intent:\(own.version) is answered with its own task"), "\(said)")
        // An explicit flag overrides the threshold, and nothing else.
        let sure = try await Server(bench.flags("--threshold", "0.9999"))
        #expect(try await sure.chat("intent", "where is my parcel").retort["cause"] == "no_escalation")
    }

    @Test func aVersionWhoseTaskIsNowhereIsNotSwappedIn() async throws {
        let known = try register(11, content(try task(["refund", "delivery"])))
        let lost = try register(12, .digest(ContentDigest(of: "a task that nobody kept")))
        try bench.promote(known.version)
        let server = try await Server(bench.flags("--task", try bench.task()))
        try bench.promote(lost.version)
        #expect(try await server.waitForHealth { $0["status"] == "degraded" })
        let health = try await server.get("/healthz")
        let reason = health["reasons"]?.arrayValue?.first?.stringValue ?? ""
        #expect(reason.contains("is not in the content store, and the task 'intent' of --task has digest"), "\(reason)")
        let reply = try await server.chat("intent", "where is my parcel")
        #expect(reply.version == known.version)
        #expect(["refund", "delivery"].contains(reply.text))
        #expect(try server.errors.contains("stays at intent:\(known.version)"))
    }

    /// An older registration kept a digest alone: the very task of that digest still answers it.
    @Test func aTaskOfTheCommandLineServesTheVersionThatNamesItsDigest() async throws {
        let path = try bench.task()
        let version = try register(11, .digest(try TaskDefinition(path: path).digest))
        try bench.promote(version.version)
        let server = try await Server(bench.flags("--task", path))
        let reply = try await server.chat("intent", "where is my parcel")
        #expect(["refund", "delivery", "card_lost", "change_address", "other"].contains(reply.text))
        await #expect(throws: Server.StartFailure.self) { try await Server(bench.flags()) }
    }
}
