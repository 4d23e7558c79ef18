import Dialects
import Foundation
import Synchronization
import Tasks
import Teachers

/// The frontier endpoint that answers where the student is not sure enough, within limits: so many requests at once, so
/// many a minute, so much money a day, none while the endpoint fails, and each no longer than somebody waits for it.
final class Escalation: Sendable {
    private struct State {
        var condition = EscalationCondition()
        var breaker: CircuitBreaker
        /// When something was said last of each cause.
        var said: [Answer.Cause: ContinuousClock.Instant] = [:]
    }

    /// A label and its punctuation; a teacher that wants to say more is cut short and its answer refused.
    private static let labelTokens = 64

    private let client: TeacherClient
    private let budget: Budget?
    private let seats: WaitingLine
    private let warn: @Sendable (String) -> Void
    private let state: Mutex<State>

    /// - Parameter budget: the day's money; nil for no limit.
    init(
        _ endpoint: TeacherEndpoint, _ limits: EscalationLimits, budget: Budget?,
        warn: @escaping @Sendable (String) -> Void
    ) {
        let options = TeacherOptions(
            timeout: .seconds(20), maximumRetries: 1, firstRetryDelay: .milliseconds(200),
            requestsPerMinute: limits.requestsPerMinute)
        client =
            budget.map { TeacherClient(endpoint: endpoint, options: options, budget: $0) }
            ?? TeacherClient(endpoint: endpoint, options: options)
        self.budget = budget
        seats = WaitingLine(places: limits.concurrency, capacity: .max)
        var state = State(breaker: CircuitBreaker(pause: limits.pause))
        state.condition.money = budget.map { budget in
            .init(limit: budget.limit, spent: budget.spentBefore, day: budget.window.start(at: Date()))
        }
        self.state = Mutex(state)
        self.warn = warn
    }

    var model: String { client.endpoint.model }
    var dialect: String { client.endpoint.dialect.rawValue }
    var load: (active: Int, waiting: Int) { seats.load }

    var condition: EscalationCondition {
        state.withLock { state in
            var condition = state.condition
            condition.suspendedUntil = state.breaker.openUntil.map {
                Date(timeIntervalSinceNow: ($0 - .now) / .seconds(1))
            }
            return condition
        }
    }

    /// The frontier's answer to an input, as the task wants answers.
    ///
    /// - Parameter account: whose money of the day it costs, too; nil for whoever has no quota.
    /// - Throws: ``EscalationFailure`` when there is none before the request's time is up; ``APIError/disconnected`` when the
    ///   client left, which ends what was begun for it.
    func answer(
        to input: String, _ task: TaskDefinition, _ account: ClientAccount?, _ request: Cancellation
    ) async throws -> FrontierAnswer {
        do throws(EscalationFailure) {
            let answer = try await attempt(input, task, account, request)
            state.withLock { $0.condition.succeed() }
            return answer
        } catch {
            if let reason = request.reason, reason.status == APIError.disconnected.status {
                state.withLock { $0.condition.abandoned += 1 }
                throw reason
            }
            report(error)
            throw error
        }
    }

    private func attempt(
        _ input: String, _ task: TaskDefinition, _ account: ClientAccount?, _ request: Cancellation
    ) async throws(EscalationFailure) -> FrontierAnswer {
        guard state.withLock({ $0.breaker.isPassable() }) else { throw suspended }
        let patience = Patience(request)
        defer { patience.stop() }
        do { try await seats.enter(patience.cancellation) } catch { throw busy }
        guard !patience.isTooShort else {
            seats.leave()
            throw busy
        }
        guard let permit = state.withLock({ $0.breaker.permit() }) else {
            seats.leave()
            throw suspended
        }
        let asked = ContinuousClock.now
        do {
            let answer = try await ask(input, task, account, patience.cancellation)
            state.withLock { $0.breaker.succeed() }
            return answer
        } catch {
            var failure = error as? EscalationFailure ?? EscalationFailure(error)
            if patience.isOver {
                // Of an endpoint that had too little of the time this says nothing.
                failure = EscalationFailure(
                    .escalationLate, "no answer before the request's time was up",
                    patience.isUsedUp(since: asked) ? .down : .none)
            }
            settle(failure.verdict, permit)
            throw failure
        }
    }

    /// Asks the endpoint, and gives the place back when that is over. Nobody waits for it when `end` has come,
    /// also where something does not end at once.
    private func ask(
        _ input: String, _ task: TaskDefinition, _ account: ClientAccount?, _ end: Cancellation
    ) async throws -> FrontierAnswer {
        let most = task.kind == .classification ? Escalation.labelTokens : task.maximumTokens
        let question = TeacherRequest(messages: task.teacherMessages(for: input), maximumTokens: most)
        let reserved = client.endpoint.prices.cost(of: TokenUsage(input: question.mostInputTokens, output: most))
        guard account?.reserveEscalation(reserved) ?? true else {
            seats.leave()
            throw EscalationFailure(.escalationBudget, "the client's money of the day is spent")
        }
        let (responses, feed) = AsyncThrowingStream.makeStream(of: TeacherResponse.self)
        let asking = Task {
            let outcome: Result<TeacherResponse, any Error>
            do {
                // What was answered before would say nothing of how the endpoint is.
                outcome = .success(try await client.complete(question, reusing: .none, before: end.deadline))
            } catch {
                outcome = .failure(error)
            }
            account?.settleEscalation(reserved: reserved, spent: (try? outcome.get().cost) ?? .zero)
            await noteMoney()
            seats.leave()
            feed.yield(with: outcome)
            feed.finish()
        }
        end.whenCancelled { reason in
            asking.cancel()
            feed.finish(throwing: reason)
        }
        defer { end.whenCancelled(nil) }
        for try await response in responses {
            return FrontierAnswer(
                text: try task.label(fromAnswer: try response.finishedText()), model: response.model)
        }
        throw CancellationError()
    }

    private var busy: EscalationFailure {
        EscalationFailure(
            .escalationBusy, "\(seats.places) requests are escalated at once, and no place was free in time")
    }

    private var suspended: EscalationFailure {
        EscalationFailure(
            .escalationSuspended, "it failed \(state.withLock { $0.breaker.failures }) times in a row and is left alone"
        )
    }

    private func settle(_ verdict: EscalationFailure.Verdict, _ permit: CircuitBreaker.Permit) {
        state.withLock { state in
            switch verdict {
            case .up: state.breaker.succeed()
            case .down: state.breaker.fail(permit, isFinal: false)
            case .gone: state.breaker.fail(permit, isFinal: true)
            case .none: state.breaker.giveBack(permit)
            }
        }
    }

    private func noteMoney() async {
        guard let budget else { return }
        let money = EscalationCondition.Money(
            limit: budget.limit, spent: await budget.spent, day: await budget.windowStart)
        state.withLock { $0.condition.money = money }
    }

    /// Counts what was not escalated and says why, once for each run of equal failures and once a minute for each of our own
    /// limits, so that an outage fills no log.
    private func report(_ failure: EscalationFailure) {
        let isNew = state.withLock { state -> Bool in
            let isFailure = failure.cause == .escalationFailed
            let wasFailing = state.condition.failure
            state.condition.fail(failure, now: Date())
            if isFailure { return wasFailing != failure.reason }
            let last = state.said[failure.cause]
            guard last.map({ ContinuousClock.now - $0 > .seconds(60) }) ?? true else { return false }
            state.said[failure.cause] = .now
            return true
        }
        if isNew { warn("escalation to \(model) failed, own answers stand: \(failure.reason)") }
    }
}

/// What the frontier answered, as the task wants answers, and the model that did by its own account: behind one name that
/// is asked, a service may have several.
struct FrontierAnswer: Sendable {
    var text: String
    var model: String
}
