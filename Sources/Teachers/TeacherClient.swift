import Conversations
import Foundation
import HTTPTransport
import Storage
import Synchronization

/// Asks a teacher: cache first, then the network within rate limits and a budget, with retries.
///
/// 401 and 403 are never retried. 408, 409, 429, 5xx, cut connections, timeouts and malformed responses are, with
/// exponential backoff that honors `retry-after`.
public final class TeacherClient: Sendable {
    /// What this client did so far.
    public struct Tally: Sendable {
        /// Requests that went out, retries among them.
        public var sent = 0
        public var retries = 0
        public var cached = 0
        public var usage = TokenUsage(input: 0, output: 0)
        public var spent = USD.zero
    }

    public let endpoint: TeacherEndpoint
    private let http = HTTPClient()
    private let ledger: TeacherLedger?
    private let budget: Budget?
    private let limiter: RateLimiter
    private let backoff: Backoff
    private let options: TeacherOptions
    private let counters = Mutex(Tally())

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
        backoff = Backoff(maximumRetries: options.maximumRetries, first: options.firstRetryDelay)
    }

    public var tally: Tally { counters.withLock { $0 } }

    /// Asks, or finds what was answered before.
    ///
    /// - Throws: ``TeacherError``; `CancellationError`; a `StorageError` when the ledger cannot be written.
    public func complete(_ request: TeacherRequest) async throws -> TeacherResponse {
        let body = endpoint.body(of: request)
        let key = TeacherLedger.key(dialect: endpoint.dialect, model: endpoint.model, body: body)
        let worst = TokenUsage(input: request.mostInputTokens, output: request.maximumTokens)
        if let kept = try await ledger?.response(for: key) {
            var response = try endpoint.response(from: kept.body, unlessReported: kept.usage)
            (response.usage, response.cost, response.isCached) = (kept.usage, kept.cost, true)
            counters.withLock { $0.cached += 1 }
            return response
        }
        let bytes = body.serializedBytes()
        var retry = 0
        while true {
            let guess = request.likelyInputTokens + request.maximumTokens
            try await limiter.admit(tokens: guess)
            let outcome = try await attempt(bytes, key: key, worst: worst)
            switch outcome {
            case .answer(var response):
                response.retries = retry
                await limiter.correct(guessed: guess, actual: response.usage.total)
                return response
            case .failure(let error, let isRetryable, let retryAfter):
                await limiter.correct(guessed: guess, actual: 0)
                var random = SystemRandomNumberGenerator()
                guard isRetryable,
                    let delay = backoff.delay(beforeRetry: retry, retryAfter: retryAfter, using: &random)
                else { throw error }
                if let retryAfter { await limiter.close(for: retryAfter) }
                try await Task.sleep(for: delay)
                retry += 1
                counters.withLock { $0.retries += 1 }
            }
        }
    }

    private enum Outcome {
        case answer(TeacherResponse)
        case failure(TeacherError, isRetryable: Bool, retryAfter: Duration?)
    }

    /// Sends a request once, with money reserved for it, and books how it went.
    private func attempt(_ body: [UInt8], key: ContentDigest, worst: TokenUsage) async throws -> Outcome {
        let reservation = try await budget?.reserve(endpoint.prices.cost(of: worst), key: key)
        counters.withLock { $0.sent += 1 }
        let http: HTTPResponse
        do {
            http = try await self.http.send(
                HTTPRequest(
                    "POST", endpoint.url, headers: endpoint.headers, body: body, timeout: options.timeout))
        } catch {
            let transport = error as? HTTPError
            try await close(reservation, isAmbiguous: !(transport?.isBeforeSending ?? false))
            guard let transport else { throw error }
            return failure(of: transport)
        }
        guard http.status == 200 else {
            // An error response is not charged for.
            try await close(reservation, isAmbiguous: false)
            return .failure(
                endpoint.error(status: http.status, body: http.body),
                isRetryable: [408, 409, 425, 429].contains(http.status) || http.status >= 500,
                retryAfter: Backoff.retryAfter(http.headers))
        }
        let response: TeacherResponse
        do {
            response = try endpoint.response(from: http.body, unlessReported: worst)
        } catch {
            try await close(reservation, isAmbiguous: true)
            return .failure(error, isRetryable: true, retryAfter: nil)
        }
        if let reservation, let budget {
            try await budget.settle(reservation, key: key, endpoint: endpoint, response: response)
        } else {
            try await ledger?.settle(nil, key: key, endpoint: endpoint, response: response)
        }
        counters.withLock { tally in
            tally.usage = tally.usage + response.usage
            tally.spent += response.cost
        }
        return .answer(response)
    }

    private func close(_ reservation: Budget.Reservation?, isAmbiguous: Bool) async throws {
        if let reservation { try await budget?.close(reservation, isAmbiguous: isAmbiguous) }
    }

    private func failure(of error: HTTPError) -> Outcome {
        switch error.kind {
        case .refused, .unresolved, .timeout, .cut, .other:
            .failure(TeacherError(.down, error.description), isRetryable: true, retryAfter: nil)
        case .tls, .invalidRequest:
            .failure(TeacherError(.configuration, error.description), isRetryable: false, retryAfter: nil)
        case .tooLarge:
            .failure(TeacherError(.malformed, error.description), isRetryable: false, retryAfter: nil)
        }
    }
}
