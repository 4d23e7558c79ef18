import Conversations
public import Dialects
import Foundation
import HTTPTransport
import JSON
import Storage
import Synchronization

/// Asks a teacher: cache first, then the network within rate limits and a budget, with retries.
///
/// 401, 403 and refusals for want of money are never retried. 408, 409, 429, 5xx, cut connections, timeouts and
/// malformed responses are, with exponential backoff that honors `retry-after`. An error that comes with status 200 is
/// treated by its own code. A parameter that the model refuses is left out or renamed, once for all requests
/// (``RequestForm``); an answer that was cut in its thoughts is asked for again with more room.
public final class TeacherClient: Sendable {
    /// What this client did so far.
    public struct Tally: Sendable {
        /// Requests that went out, retries among them.
        public var sent = 0
        public var retries = 0
        public var cached = 0
        public var usage = TokenUsage(input: 0, output: 0)
        public var spent = USD.zero
        /// Answers by the model that gave them, as the server names it.
        public var models: [String: Int] = [:]
        /// Responses whose usage cannot be, by what is wrong with it: booked at the most they can cost.
        public var usageDoubts: [String: Int] = [:]
    }

    /// Which kept responses may stand for a new one.
    public enum Reuse: Sendable {
        case all
        /// Only those that were cut at the very limit that the request has: the same again would cost the same.
        case cut
        case none
    }

    struct State {
        var tally = Tally()
        /// Nil until the ledger was asked.
        var form: RequestForm?
        var keptForm: RequestForm?
    }

    public let endpoint: TeacherEndpoint
    let ledger: TeacherLedger?
    let budget: Budget?
    let limiter: RateLimiter
    let options: TeacherOptions
    let http = HTTPClient()
    let state = Mutex(State())

    /// A client that keeps every answer in a ledger and spends within a budget.
    public convenience init(endpoint: TeacherEndpoint, options: TeacherOptions = TeacherOptions(), budget: Budget) {
        self.init(endpoint: endpoint, options: options, ledger: budget.ledger, budget: budget)
    }

    /// A client without a budget; with a ledger, it keeps answers and does not ask for them again.
    public convenience init(
        endpoint: TeacherEndpoint, options: TeacherOptions = TeacherOptions(), ledger: TeacherLedger? = nil
    ) {
        self.init(endpoint: endpoint, options: options, ledger: ledger, budget: nil)
    }

    private init(endpoint: TeacherEndpoint, options: TeacherOptions, ledger: TeacherLedger?, budget: Budget?) {
        self.endpoint = endpoint
        self.options = options
        self.ledger = ledger
        self.budget = budget
        limiter = RateLimiter(
            requestsPerMinute: options.requestsPerMinute, tokensPerMinute: options.tokensPerMinute)
    }

    public var tally: Tally { state.withLock { $0.tally } }

    /// How requests differ from what is asked by default, since the model is known or was found to want it so:
    /// `no temperature`, `max_completion_tokens instead of max_tokens`, ….
    public var adaptations: [String] { state.withLock { $0.form?.differences() ?? [] } }

    /// So many times at most a request is written anew in another form; no model is known that changes it so often.
    private static let mostForms = 12

    /// Asks, or finds what was answered before.
    ///
    /// - Parameters:
    ///   - retries: how often a failed request is sent again; nil as the options say.
    ///   - deadline: when nobody waits for the answer any more: no wait, no retry and no answer goes beyond it.
    /// - Throws: ``TeacherError``; `CancellationError`; a `StorageError` when the ledger cannot be read or written.
    public func complete(
        _ request: TeacherRequest, reusing reuse: Reuse = .all, retries: Int? = nil,
        before deadline: ContinuousClock.Instant? = nil
    ) async throws -> TeacherResponse {
        var form = try await currentForm()
        var paid = USD.zero
        for _ in 0..<TeacherClient.mostForms {
            let draft = endpoint.draft(of: request, form)
            if var response = try await kept(draft, reuse) {
                response.cost += paid
                return response
            }
            guard var response = try await send(draft, of: request, form, retries: retries, before: deadline) else {
                form = try await currentForm()
                continue
            }
            response.cost += paid
            try await keepForm(form)
            guard response.isCutInThoughts, let larger = makeRoom(beyond: form) else { return response }
            paid = response.cost
            form = larger
        }
        throw TeacherError(.configuration, "the requests to \(endpoint.origin): refused in every form that is known")
    }

    private func kept(_ draft: TeacherEndpoint.Draft, _ reuse: Reuse) async throws -> TeacherResponse? {
        guard reuse != .none, let kept = try await ledger?.response(for: key(of: draft)) else { return nil }
        var response = try endpoint.response(
            endpoint.json(of: kept.body), bytes: kept.body, worst: draft.worst, billed: kept.usage)
        guard reuse == .all || response.end == .truncated else { return nil }
        (response.cost, response.isCached) = (kept.cost, true)
        state.withLock { $0.tally.cached += 1 }
        return response
    }

    func key(of draft: TeacherEndpoint.Draft) -> ContentDigest {
        TeacherLedger.key(dialect: endpoint.dialect, model: endpoint.model, body: draft.json)
    }

    /// A refusal of something that was set by hand fails every request alike.
    func verdict(_ refusal: TeacherEndpoint.Refusal, _ draft: TeacherEndpoint.Draft) -> TeacherError {
        let named = endpoint.overrides.members.keys.first { refusal.stated.parameters.contains($0) }
        guard let named, case .request = refusal.error.kind else { return refusal.error }
        return TeacherError(
            .configuration, "\(named): not taken by model \(endpoint.model): \(refusal.error.description)",
            hint: "leave out --temperature or the option \(named), or give another value",
            serverWords: refusal.error.serverWords)
    }
}
