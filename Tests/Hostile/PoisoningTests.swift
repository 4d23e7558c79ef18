import Foundation
import JSON
import Testing
import TestSupport

/// A client that would like to choose what is learned: from the server through pull, label and curate.
@Suite(.ownThreads) struct PoisoningTests {
    private let base: UnsureBase

    init() throws { base = try UnsureBase() }

    private static let honest = ["where is my parcel", "give my money back", "it never came", "take this back now"]

    /// Serves honest clients and one that is not, and gives the pulled workspace.
    private func serveAndPull() async throws -> String {
        let frontier = try ScriptedTeacher { request in
            request.lastText.hasPrefix("unanswered") ? .init(400, ["error": ["message": "no"]]) : .completion("refund")
        }
        let server = try await base.serve(frontier.url)
        func ask(_ text: String, model: String = "intent", _ fields: [(key: String, value: JSONValue)] = [])
            async throws
        {
            let reply = try await server.chat(model, text, fields)
            #expect(reply.status == 200, "\(text): \(reply.errorMessage)")
        }
        for text in PoisoningTests.honest { try await ask(text) }
        try await ask(
            "chosen tag", [("metadata", ["workload_id": "other", "client_id": "root"]), ("user", "mallory")])
        try await ask("steered by a bias", [("logit_bias", ["5": 0])])
        try await ask("steered by a stop", [("stop", ["\n"])])
        try await ask("unanswered by the frontier")
        try await ask("said by the base", model: "retort-base-6m-f16", [("temperature", 0), ("stop", ["e", "a"])])
        // What a decision says cannot be said by who asks for it.
        for field in ["decision", "workload_id", "client_id", "response"] {
            let reply = try await server.chat("intent", "forged", [(field, ["escalated": true])])
            #expect(reply.status == 400)
        }
        #expect(await server.stop() == 0)
        let pulled = base.folder.file("pulled")
        let outcome = try Executable.run(
            "retort-pull", base.log, "--workspace", pulled, "--output", base.folder.file("pulled.jsonl"), "--quiet")
        #expect(outcome.status == 0, "\(outcome.errors)")
        return pulled
    }

    private func lines(_ name: String) throws -> [JSONValue] {
        try base.folder.text(name).split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    @Test func tagAndClientOfADecisionAreTheServers() async throws {
        _ = try await serveAndPull()
        let rows = try lines("pulled.jsonl")
        #expect(rows.count == 9)
        #expect(Set(rows.map { $0["workload_id"]?.stringValue ?? "none" }) == ["intent", "none"])
        #expect(rows.allSatisfy { $0["client_id"] == nil || $0["client_id"] == .null })
        // Nothing of it belongs to the task that the client named, but what has no task at all.
        let other = try Executable.run(
            "retort-pull", base.log, "--workspace", base.folder.file("other"), "--workload", "other", "--output",
            base.folder.file("other.jsonl"), "--quiet")
        #expect(other.status == 0, "\(other.errors)")
        #expect(
            try lines("other.jsonl").map { $0["request"]?["messages"]?.arrayValue?.first?["content"] } == [
                "said by the base"
            ])
    }

    /// Of our own decisions only what the frontier said, unsteered, is a label.
    @Test func onlyTheFrontiersAnswersAreLabels() async throws {
        let pulled = try await serveAndPull()
        let outcome = try Executable.run(
            "retort-curate", "--task", base.task, "--logged", "--workspace", pulled, "--output",
            base.folder.file("set"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        for said in [
            "2 interactions left out: the answer: of a model of ours, expected a teacher's",
            "1 interactions left out: the answer: steered by the request's logit_bias",
            "1 interactions left out: the answer: steered by the request's stop",
        ] {
            #expect(outcome.errors.contains(said), "\(outcome.errors)")
        }
        let splits = ["train", "validation", "test"].compactMap { try? base.folder.text("set/\($0).jsonl") }.joined()
        for text in PoisoningTests.honest + ["chosen tag"] { #expect(splits.contains(text), "\(splits)") }
        for text in ["steered", "unanswered", "said by"] { #expect(!splits.contains(text), "\(splits)") }
    }

    /// The teacher is asked for what no frontier answered, and for what a client steered.
    @Test func labelingAdoptsTheSameAndAsksForTheRest() async throws {
        let pulled = try await serveAndPull()
        let teacher = try ScriptedTeacher { _ in .completion("track") }
        let outcome = try Executable.run(
            "retort-label", "--task", base.task, "--endpoint", teacher.url, "--model", "frontier", "--price-in", "2",
            "--price-out", "8", "--workspace", pulled, "--output", base.folder.file("labels.jsonl"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(
            outcome.errors.contains("5 inputs were answered by frontier when they were served"), "\(outcome.errors)")
        #expect(
            teacher.requests.map(\.lastText).sorted() == [
                "said by the base", "steered by a bias", "steered by a stop", "unanswered by the frontier",
            ])
    }
}
