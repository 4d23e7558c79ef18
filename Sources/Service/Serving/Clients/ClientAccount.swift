package import Foundation
import JSON
import Synchronization
package import Teachers

/// What one client has used of its quota. Kept while the server runs, also when the client's file is read anew.
package final class ClientAccount: Sendable {
    private struct State {
        var quota: ClientQuota
        var requests: RateBucket?
        var tokens: RateBucket?
        var tokensToday = DayCount()
        /// In units of ``USD``.
        var moneyToday = DayCount()
        /// Since the start of the server.
        var admitted = 0
        var refused = 0
    }

    package let name: String
    private let state: Mutex<State>

    package init(_ name: String, _ quota: ClientQuota) {
        self.name = name
        state = Mutex(
            State(
                quota: quota, requests: quota.requestsPerMinute.map { RateBucket(perMinute: $0) },
                tokens: quota.tokensPerMinute.map { RateBucket(perMinute: $0) }))
    }

    /// Another quota from now on; what was used stays used.
    package func setQuota(_ quota: ClientQuota) {
        state.withLock { state in
            func bucket(_ old: RateBucket?, _ limit: Int?) -> RateBucket? {
                limit.map { old?.resized(perMinute: $0) ?? RateBucket(perMinute: $0) }
            }
            state.requests = bucket(state.requests, quota.requestsPerMinute)
            state.tokens = bucket(state.tokens, quota.tokensPerMinute)
            state.quota = quota
        }
    }

    // MARK: Requests and tokens

    /// Counts one request.
    ///
    /// - Throws: ``APIError`` 429 where the quota has no more.
    func admitRequest() throws {
        try admit { state in
            if let limit = state.quota.requestsPerMinute, let wait = state.requests?.wait(), wait > 0 {
                return .overQuota(name, "requests", "\(limit) requests per minute", seconds: wait)
            }
            state.requests?.take(1)
            state.admitted += 1
            return nil
        }
    }

    /// Whether the client may have more tokens computed. How many it will be is known only afterwards, so that what is
    /// under way may overdraw; the next request waits for it.
    ///
    /// - Throws: ``APIError`` 429 where the quota has no more.
    func admitTokens(now: Date = Date()) throws {
        try admit { state in
            if let limit = state.quota.tokensPerDay, state.tokensToday.used(now: now) >= limit {
                return .overQuota(
                    name, "tokens", "\(limit) tokens per day", seconds: Double(DayCount.secondsLeft(now: now)))
            }
            guard let limit = state.quota.tokensPerMinute, let wait = state.tokens?.wait(), wait > 0 else { return nil }
            return .overQuota(name, "tokens", "\(limit) tokens per minute", seconds: wait)
        }
    }

    func charge(tokens: Int, now: Date = Date()) {
        state.withLock { state in
            state.tokens?.take(tokens)
            state.tokensToday.add(tokens, now: now)
        }
    }

    /// Charges what an event of an answer says was computed: also of an answer that nobody waits for to its end.
    func charge(_ event: AnswerEvent) {
        switch event {
        case .started(let count), .tokens(let count): charge(tokens: count)
        case .text, .refusal, .finished: break
        }
    }

    private func admit(_ judge: (inout State) -> APIError?) throws {
        let refusal = state.withLock { state -> APIError? in
            let refusal = judge(&state)
            if refusal != nil { state.refused += 1 }
            return refusal
        }
        if let refusal { throw refusal }
    }

    // MARK: Escalation money

    /// Whether a day's money has a bound above nothing, which only prices can fill.
    var countsEscalation: Bool { state.withLock { $0.quota.escalationPerDay.map { $0 > .zero } ?? false } }

    /// Sets money aside for one escalation, before it is paid; false where the client's day has not so much left.
    ///
    /// - Parameter most: what it can cost.
    package func reserveEscalation(_ most: USD, now: Date = Date()) -> Bool {
        state.withLock { state in
            if let limit = state.quota.escalationPerDay {
                let used = USD(units: state.moneyToday.used(now: now))
                guard limit > .zero, used + most <= limit else { return false }
            }
            state.moneyToday.add(most.units, now: now)
            return true
        }
    }

    /// Replaces what was set aside by what it cost.
    package func settleEscalation(reserved: USD, spent: USD, now: Date = Date()) {
        state.withLock { $0.moneyToday.add((spent - reserved).units, now: now) }
    }

    // MARK: What the owner sees

    func json(now: Date = Date()) -> JSONValue {
        state.withLock { state in
            [
                "name": .string(name), "requests": .integer(state.admitted), "refused": .integer(state.refused),
                "tokens_today": .integer(state.tokensToday.used(now: now)),
                "escalation_usd_today": .number(USD(units: state.moneyToday.used(now: now)).dollars),
            ]
        }
    }
}

extension APIError {
    /// A client has used up a quota: in the form that OpenAI's clients wait by.
    static func overQuota(_ client: String, _ kind: String, _ quota: String, seconds: Double) -> APIError {
        let wait = max(1, Int(seconds.rounded(.up)))
        var error = APIError(
            status: 429,
            message: "rate limit of client \(client): \(quota) are used up, expected another try in \(wait) s",
            type: kind, code: "rate_limit_exceeded", retryAfter: wait)
        // Nobody's client should hold a request open until tomorrow.
        if wait > 60 { error.fields = [("x-should-retry", "false")] }
        return error
    }
}
