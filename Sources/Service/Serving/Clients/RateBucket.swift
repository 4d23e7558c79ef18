/// So much a minute: what is taken comes back steadily, until all is there again.
///
/// More may be taken than there is, where only afterwards it is known how much it is; the debt comes back first.
package struct RateBucket: Sendable {
    private let capacity: Double
    private var level: Double
    private var seen: ContinuousClock.Instant

    package init(perMinute capacity: Int, now: ContinuousClock.Instant = .now) {
        self.capacity = Double(capacity)
        level = Double(capacity)
        seen = now
    }

    /// Seconds until one more may be taken; zero where it may be now.
    package mutating func wait(now: ContinuousClock.Instant = .now) -> Double {
        refill(now)
        return max(0, (1 - level) / capacity * 60)
    }

    package mutating func take(_ amount: Int, now: ContinuousClock.Instant = .now) {
        refill(now)
        level -= Double(amount)
    }

    /// Another capacity for what was taken already.
    package func resized(perMinute capacity: Int) -> RateBucket {
        var bucket = RateBucket(perMinute: capacity, now: seen)
        bucket.level = min(level, bucket.capacity)
        return bucket
    }

    private mutating func refill(_ now: ContinuousClock.Instant) {
        level = min(capacity, level + capacity * ((now - seen) / .seconds(60)))
        seen = now
    }
}
