/// Keeps requests and tokens below limits per minute: two token buckets that may go into debt.
///
/// A bucket holds one second's worth of requests (one at least), or one minute's worth of tokens. Whoever comes takes
/// what it needs at once and waits until the debt that this made has been filled up, so that waits are in order and
/// a request larger than the bucket still goes out. Who would wait too long, or no longer waits, takes nothing.
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

        /// How many seconds the debt lasts that taking an amount makes.
        func wait(for amount: Double) -> Double { max(0, (amount - level) / perSecond) }

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
    ///
    /// - Throws: at once, a ``TeacherError``, where that is not before the deadline; `CancellationError`.
    func admit(tokens amount: Int, before deadline: ContinuousClock.Instant? = nil) async throws {
        let now = ContinuousClock.now
        let elapsed = Double((now - filledAt) / .seconds(1))
        filledAt = now
        requests?.fill(seconds: elapsed)
        tokens?.fill(seconds: elapsed)
        let wait = max(requests?.wait(for: 1) ?? 0, tokens?.wait(for: Double(amount)) ?? 0)
        let opensAt = max(now + .seconds(wait), closedUntil)
        if let deadline, opensAt >= deadline {
            throw closedUntil >= deadline
                ? TeacherError(.rateLimited, "the teacher asked to be left alone for longer than there is time")
                : TeacherError(.noTurn, "requests and tokens per minute: the next turn comes later than there is time")
        }
        take(amount, times: 1)
        guard opensAt > now else { return }
        do { try await Task.sleep(until: opensAt, clock: .continuous) } catch {
            take(amount, times: -1)
            throw error
        }
    }

    private func take(_ amount: Int, times: Double) {
        requests?.level -= times
        tokens?.level -= times * Double(amount)
    }

    /// Puts right what ``admit(tokens:before:)`` had to guess.
    func correct(guessed: Int, actual: Int) { tokens?.level += Double(guessed - actual) }

    /// Lets nobody through for a while: the server said that it is too much.
    func close(for duration: Duration) { closedUntil = max(closedUntil, ContinuousClock.now + duration) }
}
