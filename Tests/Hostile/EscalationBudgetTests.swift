import Foundation
import JSON
import Testing
import TestSupport

/// The money that escalation may spend on a day, whatever is asked and however often the server starts.
@Suite(.ownThreads) struct EscalationBudgetTests {
    private let base: UnsureBase

    init() throws { base = try UnsureBase() }

    /// A cent for each token of the question, of which the frontier states 30: 0.30 USD a request.
    private func serve(_ frontier: ScriptedTeacher, budget: String) async throws -> Server {
        try await base.serve(
            frontier.url, "--escalate-budget-usd", budget, "--escalate-price-in", "10000", "--escalate-price-out", "0")
    }

    @Test func itHoldsOverRestarts() async throws {
        let frontier = try ScriptedTeacher { _ in .completion("refund", promptTokens: 30) }
        func ask(_ server: Server, _ count: Int) async throws -> [JSONValue?] {
            var causes: [JSONValue?] = []
            for _ in 0..<count { causes.append(try await server.chat("intent", "where is it").retort["cause"]) }
            return causes
        }
        let server = try await serve(frontier, budget: "1")
        let causes = try await ask(server, 6)
        let paid = causes.count { $0 == "below_threshold" }
        #expect((1...3).contains(paid), "\(causes)")
        #expect(causes.dropFirst(paid).allSatisfy { $0 == "escalation_budget" }, "\(causes)")
        #expect(frontier.requests.count == paid)
        let health = try await server.get("/healthz")
        #expect(health["status"] == "degraded")
        #expect(health["reasons"]?.arrayValue?.first?.stringValue?.contains("has no money left") == true)
        let spent = health["escalation"]?["budget"]?["spent_usd"]?.doubleValue
        #expect(abs((spent ?? 0) - 0.3 * Double(paid)) < 1e-9)
        #expect(try base.decisions().last?["cause"] == "escalation_budget")

        // One process at a time spends it.
        let refusal = try await #require(throws: Server.StartFailure.self) { try await serve(frontier, budget: "1") }
        #expect(refusal.status == 75)
        #expect(refusal.errors.contains("the escalation budget of workspace"), "\(refusal.errors)")

        #expect(await server.stop() == 0)
        let again = try await serve(frontier, budget: "1")
        #expect(try await ask(again, 2) == ["escalation_budget", "escalation_budget"])
        #expect(frontier.requests.count == paid)
        #expect(await again.stop() == 0)
        let richer = try await serve(frontier, budget: "10")
        #expect(try await ask(richer, 1) == ["below_threshold"])

        let book = try Executable.run(
            "retort-label", "ledger", "--workspace", base.workspace, "--account", "retort-serve escalation", "--json")
        #expect(book.status == 0, "\(book.errors)")
        #expect(
            try JSONValue(parsing: book.output.split(separator: "\n").last.map(String.init) ?? "")["counts"]?[
                "bookings"]?.integerValue == paid + 1)
    }

    /// What nobody waited for is booked at the most that it can have cost.
    @Test func aClientThatLeavesIsBooked() async throws {
        let asked = Gate(), gate = Gate()
        let frontier = try ScriptedTeacher { _ in
            asked.open()
            gate.wait()
            return .completion("refund")
        }
        defer { gate.open() }
        let server = try await serve(frontier, budget: "100")
        let client = try RawConnection(server.url)
        client.ask("where is it")
        asked.wait()
        client.close()
        #expect(
            try await server.waitForHealth {
                ($0["escalation"]?["budget"]?["spent_usd"]?.doubleValue ?? 0) > 0.3
            })
    }

    @Test(arguments: [
        (["--escalate-budget-usd", "1"], "--escalate-budget-usd: without prices"),
        (["--escalate-budget-usd", "1", "--escalate-price-in", "2"], "--escalate-budget-usd: without prices"),
        (["--escalate-price-in", "2"], "--escalate-price-in belongs to --escalate-budget-usd"),
        (["--escalate-budget-usd", "-1"], "--escalate-budget-usd"), (["--escalate-rpm", "0"], "--escalate-rpm: 0"),
        (["--escalate-concurrency", "0"], "--escalate-concurrency: 0"),
        (["--escalate-pause", "0"], "--escalate-pause: 0"),
    ])
    func whatCannotBeKeptToIsRefused(_ flags: [String], _ said: String) throws {
        let outcome = try Executable.run(
            "retort-serve",
            ["--base", Checkout.base, "--escalate-endpoint", "http://127.0.0.1:1", "--escalate-model", "m"] + flags)
        #expect(outcome.status == 64)
        #expect(outcome.errors.contains(said), "\(outcome.errors)")
    }
}
