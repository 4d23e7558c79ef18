import Foundation
import JSON
import Testing
import TestSupport

/// A frontier that fails is left alone for a while, and asked again.
@Suite(.ownThreads) struct EscalationBreakerTests {
    private let base: UnsureBase

    init() throws { base = try UnsureBase() }

    private func causes(_ server: Server, _ count: Int) async throws -> [JSONValue?] {
        var causes: [JSONValue?] = []
        for _ in 0..<count { causes.append(try await server.chat("intent", "where is it").retort["cause"]) }
        return causes
    }

    @Test func fiveFailuresInARowSuspendIt() async throws {
        let frontier = try ScriptedTeacher { _ in .init(503, ["error": ["message": "overloaded"]]) }
        let server = try await base.serve(frontier.url, "--escalate-pause", "3600")
        #expect(try await causes(server, 5).allSatisfy { $0 == "escalation_failed" })
        let before = frontier.requests.count
        #expect(try await causes(server, 3).allSatisfy { $0 == "escalation_suspended" })
        #expect(frontier.requests.count == before)
        let health = try await server.get("/healthz")
        #expect(health["status"] == "degraded")
        let reason = health["reasons"]?.arrayValue?.first?.stringValue ?? ""
        #expect(reason.contains("escalation to frontier fails (5 in a row)"), "\(reason)")
        #expect(reason.contains("left alone until"), "\(reason)")
        #expect(health["escalation"]?["unescalated"] == ["escalation_failed": 5, "escalation_suspended": 3])
        #expect(health["escalation"]?["suspended_until"]?.stringValue != nil)
        #expect(try base.decisions().last?["cause"] == "escalation_suspended")
    }

    @Test func oneThatIsBackIsAskedAgain() async throws {
        let isBack = Gate()
        let frontier = try ScriptedTeacher { _ in
            isBack.isOpen ? .completion("refund") : .init(401, ["error": ["message": "no such key"]])
        }
        let server = try await base.serve(frontier.url, "--escalate-pause", "0.2")
        // A key that is refused is refused for every request: there is nothing to count up.
        #expect(try await causes(server, 1) == ["escalation_failed"])
        #expect(try await server.get("/healthz")["status"] == "degraded")
        isBack.open()
        var last: JSONValue?
        for _ in 0..<600 where last != "below_threshold" {
            try await Task.sleep(for: .milliseconds(100))
            last = try await causes(server, 1).first ?? nil
        }
        #expect(last == "below_threshold")
        let health = try await server.get("/healthz")
        #expect(health["status"] == "ok", "\(health)")
        #expect(health["escalation"]?["suspended_until"] == .null)
    }

    /// What the frontier will not answer to some is no reason to ask it nothing for others.
    @Test func refusalsOfSomeInputsSuspendNothing() async throws {
        let frontier = try ScriptedTeacher { request in
            request.lastText.contains("bad")
                ? .init(400, ["error": ["message": "flagged", "code": "content_filter"]]) : .completion("refund")
        }
        let server = try await base.serve(frontier.url, "--escalate-pause", "3600")
        for _ in 0..<12 { #expect(try await server.chat("intent", "bad").retort["cause"] == "escalation_failed") }
        #expect(try await server.chat("intent", "where is it").retort["cause"] == "below_threshold")
    }
}
