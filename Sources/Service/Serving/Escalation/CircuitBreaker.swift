/// Leaves an endpoint alone that failed several times in a row: for a while nothing is sent, then one request tries
/// whether it is back. (Nygard, Release It!, 2007.)
struct CircuitBreaker: Sendable {
    /// Leave to ask the endpoint once, to be given back with how it went.
    struct Permit: Sendable {
        fileprivate let isProbe: Bool
    }

    /// So many failures in a row open it.
    static let mostFailures = 5

    let pause: Duration
    private(set) var failures = 0
    /// Until when nothing is sent; stays after that until a probe has answered.
    private(set) var openUntil: ContinuousClock.Instant?
    private var isProbing = false

    init(pause: Duration) { self.pause = pause }

    /// Leave to ask, or nil.
    mutating func permit(now: ContinuousClock.Instant = .now) -> Permit? {
        guard isPassable(now: now) else { return nil }
        isProbing = openUntil != nil
        return Permit(isProbe: isProbing)
    }

    /// Whether ``permit(now:)`` would give leave.
    func isPassable(now: ContinuousClock.Instant = .now) -> Bool {
        openUntil.map { now >= $0 && !isProbing } ?? true
    }

    /// The endpoint answered.
    mutating func succeed() { self = CircuitBreaker(pause: pause) }

    /// The endpoint failed.
    ///
    /// - Parameter isFinal: whether every other request would fail alike.
    mutating func fail(_ permit: Permit, isFinal: Bool, now: ContinuousClock.Instant = .now) {
        failures += 1
        // Those that were on their way when it opened tell nothing new.
        guard openUntil == nil || permit.isProbe else { return }
        if permit.isProbe || isFinal || failures >= CircuitBreaker.mostFailures { openUntil = now + pause }
        isProbing = false
    }

    /// Nothing was learned of the endpoint.
    mutating func giveBack(_ permit: Permit) {
        if permit.isProbe { isProbing = false }
    }
}
