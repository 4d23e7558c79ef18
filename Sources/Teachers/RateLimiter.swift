/// Keeps requests and tokens below limits per minute: two token buckets that may go into debt.
///
/// A bucket holds one second's worth of requests (one at least), or one minute's worth of tokens. Whoever comes takes
/// what it needs at once and waits until the debt that this made has been filled up, so that waits are in order and
/// a request larger than the bucket still goes out.
actor RateLimiter {
    private struct Bucket {
        let perSecond: Double
        let capacity: Double
        var level: Double

        init(perMinute: Double, capacity: Double) {
            perSecond = perMinute / 60
            self.capacity = capacity
            level = capacity
        }

        /// Takes an amount; the result is how many seconds the debt lasts.
        mutating func take(_ amount: Double) -> Double {
            level -= amount
            return max(0, -level / perSecond)
        }

        mutating func fill(seconds: Double) { level = min(capacity, level + perSecond * seconds) }
    }

    private var requests: Bucket?
    private var tokens: Bucket?
    private var filledAt = ContinuousClock.now
    private var closedUntil = ContinuousClock.now

    init(requestsPerMinute: Double?, tokensPerMinute: Double?) {
        requests = requestsPerMinute.map { Bucket(perMinute: $0, capacity: max(1, $0 / 60)) }
        tokens = tokensPerMinute.map { Bucket(perMinute: $0, capacity: $0) }
    }

    /// Waits until a request of so many tokens may be sent.
    func admit(tokens amount: Int) async throws {
        let now = ContinuousClock.now
        let elapsed = Double((now - filledAt) / .seconds(1))
        filledAt = now
        requests?.fill(seconds: elapsed)
        tokens?.fill(seconds: elapsed)
        let wait = max(requests?.take(1) ?? 0, tokens?.take(Double(amount)) ?? 0)
        let opensAt = max(now + .seconds(wait), closedUntil)
        if opensAt > now { try await Task.sleep(until: opensAt, clock: .continuous) }
    }

    /// Puts right what ``admit(tokens:)`` had to guess.
    func correct(guessed: Int, actual: Int) { tokens?.level += Double(guessed - actual) }

    /// Lets nobody through for a while: the server said that it is too much.
    func close(for duration: Duration) { closedUntil = max(closedUntil, ContinuousClock.now + duration) }
}
