import Dialects
import Foundation
import HTTPTransport
import JSON
import Storage
import Synchronization

extension TeacherClient {
    /// What a request came to once.
    private enum Attempt {
        case answer(TeacherResponse)
        /// Requests have another form now.
        case outdated
        case failure(TeacherError, isRetryable: Bool, retryAfter: Duration?)
    }

    /// Sends a request until it is answered, out of retries or out of time; nil where it is to be written in another
    /// form.
    func send(
        _ draft: TeacherEndpoint.Draft, of request: TeacherRequest, _ form: RequestForm, retries: Int?,
        before deadline: ContinuousClock.Instant?
    ) async throws -> TeacherResponse? {
        let backoff = Backoff(maximumRetries: retries ?? options.maximumRetries, first: options.firstRetryDelay)
        let body = draft.json.serializedBytes()
        let key = key(of: draft)
        let guess = TokenUsage.sum(request.likelyInputTokens, draft.worst.output)
        var retry = 0
        while true {
            try await limiter.admit(tokens: guess, before: deadline)
            switch try await attempt(body, key: key, draft, of: request, form, before: deadline) {
            case .answer(var response):
                response.retries = retry
                await limiter.correct(guessed: guess, actual: response.usage.total)
                return response
            case .outdated:
                await limiter.correct(guessed: guess, actual: 0)
                return nil
            case .failure(let error, let isRetryable, let retryAfter):
                await limiter.correct(guessed: guess, actual: 0)
                var random = SystemRandomNumberGenerator()
                guard isRetryable,
                    let delay = backoff.delay(beforeRetry: retry, retryAfter: retryAfter, using: &random),
                    deadline.map({ ContinuousClock.now + delay < $0 }) ?? true
                else {
                    // Others that cannot wait so long need not ask before, either.
                    if let retryAfter, deadline != nil {
                        await limiter.close(for: min(retryAfter, backoff.longestRetryAfter))
                    }
                    throw error
                }
                if let retryAfter { await limiter.close(for: retryAfter) }
                try await Task.sleep(for: delay)
                retry += 1
                state.withLock { $0.tally.retries += 1 }
            }
        }
    }

    /// Sends a request once, with money reserved for it, and books how it went.
    private func attempt(
        _ body: [UInt8], key: ContentDigest, _ draft: TeacherEndpoint.Draft, of request: TeacherRequest,
        _ form: RequestForm, before deadline: ContinuousClock.Instant?
    ) async throws -> Attempt {
        let reservation = try await budget?.reserve(draft.worst, endpoint: endpoint, key: key)
        let time = deadline.map { min(options.timeout, $0 - .now) } ?? options.timeout
        guard !Task.isCancelled, time > .zero else {
            // Nothing was sent, and nobody waits for the answer any more.
            try await close(reservation, isAmbiguous: false)
            try Task.checkCancellation()
            return .failure(TeacherError(.noTurn, "the request: no time left"), isRetryable: false, retryAfter: nil)
        }
        guard isCurrent(form) else {
            // Learned by another request while this one waited for money.
            try await close(reservation, isAmbiguous: false)
            return .outdated
        }
        state.withLock { $0.tally.sent += 1 }
        let response: HTTPResponse
        do {
            response = try await http.send(
                HTTPRequest("POST", endpoint.url, headers: endpoint.headers, body: body, timeout: time))
        } catch {
            let transport = error as? HTTPError
            try await close(reservation, isAmbiguous: !(transport?.isBeforeSending ?? false))
            guard let transport else { throw error }
            return failure(of: transport)
        }
        switch endpoint.reading(response, worst: draft.worst, of: request) {
        case .answer(let answer): return .answer(try await book(answer, reservation, key: key))
        case .refusal(let refusal):
            // What is learned is known before the money is free for the next one who waits for it.
            let attempt = attempt(refusedBy: refusal, draft, form)
            // An error is not charged for, nor one that says 200.
            try await close(reservation, isAmbiguous: false)
            return attempt
        case .malformed(let error):
            try await close(reservation, isAmbiguous: true)
            return .failure(error, isRetryable: true, retryAfter: nil)
        }
    }

    private func attempt(
        refusedBy refusal: TeacherEndpoint.Refusal, _ draft: TeacherEndpoint.Draft, _ form: RequestForm
    ) -> Attempt {
        if case .request = refusal.error.kind, learns(from: refusal.stated, draft, form) { return .outdated }
        return .failure(
            verdict(refusal, draft), isRetryable: refusal.isPassing, retryAfter: refusal.retryAfter)
    }

    private func book(
        _ answer: TeacherResponse, _ reservation: Budget.Reservation?, key: ContentDigest
    ) async throws -> TeacherResponse {
        var response = answer
        if let reservation, let budget {
            response = try await budget.settle(reservation, key: key, endpoint: endpoint, response: answer)
        } else {
            try await ledger?.settle(nil, key: key, endpoint: endpoint, response: answer)
        }
        state.withLock { [response] state in
            state.tally.usage = state.tally.usage + response.usage
            state.tally.spent += response.cost
            state.tally.models[ShownWords(response.model, limit: 100).text, default: 0] += 1
            if let doubt = response.usageDoubt, response.cost > .zero {
                state.tally.usageDoubts[doubt, default: 0] += 1
            }
        }
        return response
    }

    private func close(_ reservation: Budget.Reservation?, isAmbiguous: Bool) async throws {
        if let reservation { try await budget?.close(reservation, isAmbiguous: isAmbiguous) }
    }

    private func failure(of error: HTTPError) -> Attempt {
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
