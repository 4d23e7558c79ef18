import Foundation
import JSON
import Synchronization
import Testing
import TestSupport

/// What escalation may take: time, places, requests, money; on the built server, with a frontier on loopback.
@Suite(.ownThreads) struct EscalationLimitsTests {
    private let base: UnsureBase

    init() throws { base = try UnsureBase() }

    /// Asks once and gives the cause.
    private func cause(_ server: Server, _ text: String = "where is it") async throws -> String? {
        let reply = try await server.chat("intent", text)
        #expect(reply.status == 200, "\(reply.errorMessage)")
        return reply.retort["cause"]?.stringValue
    }

    /// How many answers were not escalated, by cause.
    private func unescalated(_ server: Server) async throws -> JSONValue? {
        try await server.get("/healthz")["escalation"]?["unescalated"]
    }

    @Test func aWaitBeyondTheRequestsTimeIsNotWaited() async throws {
        let frontier = try ScriptedTeacher { _ in
            .init(429, ["error": ["message": "slow down"]], headers: ["retry-after": "60"])
        }
        let server = try await base.serve(frontier.url, "--timeout", "5")
        let start = ContinuousClock.now
        #expect(try await cause(server) == "escalation_failed")
        #expect(try await cause(server) == "escalation_failed")
        #expect(ContinuousClock.now - start < .seconds(40))
        #expect(frontier.requests.count == 1, "the frontier asked to be left alone for a minute")
        #expect(try server.errors.contains("answered 429"))
        #expect(try base.decisions().map { $0["cause"] } == ["escalation_failed", "escalation_failed"])
    }

    @Test func aFrontierThatHangsIsWaitedForAsLongAsTheRequestHas() async throws {
        let gate = Gate()
        let frontier = try ScriptedTeacher { _ in
            gate.wait()
            return .completion("refund")
        }
        defer { gate.open() }
        let server = try await base.serve(frontier.url, "--timeout", "3")
        #expect(try await cause(server) == "escalation_late")
        #expect(try base.decisions().first?["cause"] == "escalation_late")
        #expect(try base.decisions().first?["escalated"] == false)
        #expect(try await unescalated(server) == ["escalation_late": 1])
    }

    /// Where our own answer may not stand, the task's refusal is said.
    @Test func withoutAnAnswerInTimeTheTaskRefuses() async throws {
        let base = try UnsureBase(
            task: """
                name: intent
                kind: generation
                answer: {type: object, required: [order], properties: {order: {type: string}}}
                prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}
                maximum_tokens: 8
                escalation: {refusal: "I found no order."}
                """)
        let gate = Gate()
        let frontier = try ScriptedTeacher { _ in
            gate.wait()
            return .completion("{}")
        }
        defer { gate.open() }
        let server = try await base.serve(frontier.url, "--timeout", "4")
        let reply = try await server.chat("intent", "where is it")
        #expect(reply.status == 200, "\(reply.errorMessage)")
        #expect(reply.json["choices"]?.arrayValue?.first?["message"]?["refusal"] == "I found no order.")
        #expect(reply.retort["cause"] == "escalation_late")
    }

    @Test func aClientThatLeavesEndsWhatWasBegunForIt() async throws {
        let (asked, isClosed) = (Gate(), Gate())
        let frontier = try ScriptedServer { connection in
            asked.open()
            _ = connection.readBody(1)
            // Sooner than one try of the server takes.
            if connection.isClosed(within: 15) { isClosed.open() }
        }
        let server = try await base.serve(frontier.url)
        let client = try RawConnection(server.url)
        client.ask("where is it")
        asked.wait()
        client.close()
        isClosed.wait()
        #expect(isClosed.isOpen)
        #expect(try await server.waitForHealth { $0["escalation"]?["abandoned"] == 1 })
        #expect(try await server.get("/healthz")["escalation"]?["active"] == 0)
        #expect(try base.decisions().isEmpty)
    }

    /// 150 clients ask and leave before the frontier has answered anybody.
    @Test func aCrowdThatLeavesCostsNothingMore() async throws {
        let gate = Gate()
        let frontier = try ScriptedTeacher { _ in
            gate.wait()
            return .completion("refund")
        }
        defer { gate.open() }
        let server = try await base.serve(frontier.url, "--escalate-concurrency", "4", "--queue", "200")
        let clients = try (0..<150).map { _ in try RawConnection(server.url) }
        for client in clients { client.ask("where is it") }
        #expect(try await server.waitForHealth { $0["escalation"]?["waiting"] == 146 })
        #expect(frontier.requests.count == 4)
        // From the end of the line, so that a place that becomes free goes to nobody who is still there.
        for client in clients.reversed() { client.close() }
        #expect(try await server.waitForHealth { $0["escalation"]?["abandoned"] == 150 })
        #expect(frontier.requests.count < 60, "\(frontier.requests.count)")
        let health = try await server.get("/healthz")
        #expect(health["escalation"]?["active"] == 0)
        #expect(health["status"] == "ok", "\(health)")
        let before = frontier.requests.count
        gate.open()
        #expect(try await cause(server) == "below_threshold")
        #expect(frontier.requests.count == before + 1)
    }

    @Test func whatGetsNoPlaceInTimeIsAnsweredWithoutTheFrontier() async throws {
        let gate = Gate()
        let frontier = try ScriptedTeacher { _ in
            gate.wait()
            return .completion("refund")
        }
        defer { gate.open() }
        let server = try await base.serve(frontier.url, "--escalate-concurrency", "1", "--timeout", "4")
        let causes = try await withThrowingTaskGroup(of: String?.self) { group in
            for number in 0..<12 { group.addTask { try await cause(server, "where is \(number)") } }
            return try await group.reduce(into: []) { $0.append($1 ?? "none") }
        }
        // Who came later may have a little time left when the first one's is up.
        let late = causes.count { $0 == "escalation_late" }
        #expect((1..<12).contains(late), "\(causes)")
        #expect(causes.count { $0 == "escalation_busy" } == 12 - late, "\(causes)")
        #expect(frontier.requests.count == late)
        let counts = try await unescalated(server)
        #expect(counts == ["escalation_busy": .integer(12 - late), "escalation_late": .integer(late)])
        #expect(Set(try base.decisions().compactMap { $0["cause"]?.stringValue }) == Set(causes))
    }

    @Test func theLimitAMinuteHolds() async throws {
        let frontier = try ScriptedTeacher { _ in .completion("refund") }
        let server = try await base.serve(frontier.url, "--escalate-rpm", "0.5", "--timeout", "10")
        #expect(try await cause(server) == "below_threshold")
        #expect(try await cause(server) == "escalation_rate")
        #expect(frontier.requests.count == 1)
        #expect(try await unescalated(server) == ["escalation_rate": 1])
    }

    /// A stopping server answers those who wait for a place, too.
    @Test func anEndWaitsForWhatWaitsForTheFrontier() async throws {
        let gate = Gate()
        let frontier = try ScriptedTeacher { _ in
            gate.wait()
            return .completion("refund")
        }
        defer { gate.open() }
        let server = try await base.serve(frontier.url, "--escalate-concurrency", "1")
        async let first = cause(server, "one")
        async let second = cause(server, "two")
        async let third = cause(server, "three")
        #expect(try await server.waitForHealth { $0["escalation"]?["waiting"] == 2 })
        async let status = server.stop()
        try await Task.sleep(for: .milliseconds(500))
        gate.open()
        #expect(await status == 0)
        #expect(try await [first, second, third] == Array(repeating: "below_threshold", count: 3))
        #expect(try base.decisions().count == 3)
    }
}
