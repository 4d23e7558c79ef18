import Dialects
import Foundation
import Replay
import Storage
import Teachers
import Testing
import TestSupport

@Suite struct BudgetTests {
    /// The most that `question(n)` can cost at the prices of ``Rehearsal/endpoint(_:key:prices:)``: a token for every
    /// byte and 16 for the request and for each of its two messages, then 16 tokens of answer.
    private static func worst(_ number: Int) -> Double {
        let input: Int = 16 + (7 + 16) + ("question \(number)".utf8.count + 16)
        return Double(input) * 1e-3 + 16 * 2e-3
    }

    @Test func zeroRefusesBeforeTheFirstRequest() async throws {
        try await Rehearsal.with { rehearsal in
            let scratch = try ScratchLedger()
            let budget = try await Budget(account: "a", limit: .zero, ledger: scratch.ledger)
            let client = TeacherClient(endpoint: try rehearsal.endpoint(prices: .free), options: quick, budget: budget)
            let error = await #expect(throws: TeacherError.self) { try await client.complete(question(1)) }
            #expect(error?.kind == .budget)
            #expect(rehearsal.requests == 0)
        }
    }

    @Test func stopsBeforeTheLimitAndGoesOnWithoutPayingTwice() async throws {
        try await Rehearsal.with { rehearsal in
            let scratch = try ScratchLedger()
            /// Asks 20 questions, four at a time; the result is how many were answered.
            func ask(limit: Double) async throws -> (answers: Int, spent: USD) {
                let budget = try await Budget(account: "a", limit: USD(limit), ledger: scratch.ledger)
                let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick, budget: budget)
                let answers = await withTaskGroup(of: Bool.self) { group in
                    for number in 0..<20 {
                        group.addTask {
                            do { return try await client.complete(question(number)).text == "answer \(number)" } catch {
                                #expect((error as? TeacherError)?.kind == .budget)
                                return false
                            }
                        }
                    }
                    return await group.reduce(0) { $0 + ($1 ? 1 : 0) }
                }
                return (answers, await budget.spent)
            }
            // One answer costs 0.020 (0.019 for numbers of one digit does not occur: bytes / 4 is the same).
            let first = try await ask(limit: 0.2)
            #expect(first.answers > 0 && first.answers < 20)
            #expect(first.spent <= USD(0.2))
            #expect(first.spent == USD(0.020 * Double(first.answers)))
            let second = try await ask(limit: 10)
            #expect(second.answers == 20)
            #expect(second.spent == USD(0.020 * 20))
            #expect(rehearsal.requests == 20)
            #expect(rehearsal.answeredAgain == 0)
            let third = try await ask(limit: 10)
            #expect(third.answers == 20 && rehearsal.requests == 20)
        }
    }

    @Test func oneRequestMustFitByItself() async throws {
        try await Rehearsal.with { rehearsal in
            let scratch = try ScratchLedger()
            let tooLittle = try await Budget(
                account: "a", limit: USD(BudgetTests.worst(1) - 0.001), ledger: scratch.ledger)
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick, budget: tooLittle)
            await #expect(throws: TeacherError.self) { try await client.complete(question(1)) }
            #expect(rehearsal.requests == 0)
            let enough = try await Budget(account: "a", limit: USD(BudgetTests.worst(1)), ledger: scratch.ledger)
            let other = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick, budget: enough)
            #expect(try await other.complete(question(1)).text == "answer 1")
        }
    }

    @Test func whatNobodyKnowsCountsInFull() async throws {
        try await Rehearsal.with {
            $0.faults = try Faults("cut=1", limit: 1)
        } _: { rehearsal in
            let scratch = try ScratchLedger()
            let budget = try await Budget(account: "a", limit: USD(10), ledger: scratch.ledger)
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick, budget: budget)
            let response = try await client.complete(question(1))
            #expect(await budget.spent == USD(BudgetTests.worst(1)) + response.cost)
            #expect(try await scratch.ledger.count(account: "a", state: "ambiguous") == 1)
            #expect(try await scratch.ledger.count(account: "a", state: "settled") == 1)
        }
    }

    @Test func anErrorResponseCostsNothing() async throws {
        try await Rehearsal.with {
            $0.faults = try Faults("500=1", limit: 2)
        } _: { rehearsal in
            let scratch = try ScratchLedger()
            let budget = try await Budget(account: "a", limit: USD(10), ledger: scratch.ledger)
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick, budget: budget)
            let response = try await client.complete(question(1))
            #expect(await budget.spent == response.cost)
            #expect(try await scratch.ledger.count(account: "a", state: "released") == 2)
        }
    }

    @Test func aReservationThatADeadProcessLeftIsAmbiguous() async throws {
        try await Rehearsal.with {
            $0.latency = .seconds(600)
        } _: { rehearsal in
            let scratch = try ScratchLedger()
            let budget = try await Budget(account: "a", limit: USD(10), ledger: scratch.ledger)
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick, budget: budget)
            let asking = Task { try await client.complete(question(1)) }
            while rehearsal.requests == 0 { try await Task.sleep(for: .milliseconds(20)) }
            #expect(try await scratch.ledger.count(account: "a", state: "reserved") == 1)
            // What another process finds after this one was killed here.
            let second = try ScratchLedger(scratch.workspace.path)
            let reopened = try await Budget(account: "a", limit: USD(10), ledger: second.ledger)
            #expect(reopened.spentBefore == USD(BudgetTests.worst(1)))
            #expect(try await second.ledger.count(account: "a", state: "ambiguous") == 1)
            asking.cancel()
            _ = await asking.result
        }
    }

    @Test func cancellingStillBooks() async throws {
        try await Rehearsal.with {
            $0.latency = .seconds(600)
        } _: { rehearsal in
            let scratch = try ScratchLedger()
            let budget = try await Budget(account: "a", limit: USD(10), ledger: scratch.ledger)
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick, budget: budget)
            let asking = Task { try await client.complete(question(1)) }
            while rehearsal.requests == 0 { try await Task.sleep(for: .milliseconds(20)) }
            asking.cancel()
            await #expect(throws: CancellationError.self) { try await asking.value }
            #expect(try await scratch.ledger.count(account: "a", state: "ambiguous") == 1)
            #expect(await budget.spent == USD(BudgetTests.worst(1)))
        }
    }

    @Test func anAnswerIsFoundAgainByAnotherProcessAtAnotherPort() async throws {
        let scratch = try ScratchLedger()
        let first = try await Rehearsal.with { rehearsal in
            try await TeacherClient(endpoint: try rehearsal.endpoint(), options: quick, ledger: scratch.ledger)
                .complete(question(4))
        }
        try await Rehearsal.with { rehearsal in
            let again = try ScratchLedger(scratch.workspace.path)
            let client = TeacherClient(endpoint: try rehearsal.endpoint(), options: quick, ledger: again.ledger)
            let kept = try await client.complete(question(4))
            #expect(kept.isCached && !first.isCached)
            #expect(kept.digest == first.digest && kept.body == first.body)
            #expect(kept.usage == first.usage && kept.cost == first.cost)
            #expect(rehearsal.requests == 0)
            // Another temperature is another request.
            var warmer = question(4)
            warmer.temperature = 0.5
            #expect(try await client.complete(warmer).isCached == false)
        }
    }

    @Test func amountsAreExact() {
        let prices = TokenPrices(input: 0.15, output: 0.6)
        let cost = prices.cost(of: TokenUsage(input: 1, output: 0))
        #expect(cost.units == 150_000)
        #expect((0..<1_000_000).reduce(into: USD.zero) { sum, _ in sum += cost } == USD(0.15))
        #expect("\(USD(1.239)) \(USD(12)) \(USD(0.0001234)) \(USD.zero)" == "$1.24 $12.00 $0.000123 $0.00")
    }
}
