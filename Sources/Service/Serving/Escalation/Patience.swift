/// How long an escalation is waited for: as long as its request has, but for what the answer needs afterwards, and no longer
/// than its client is there.
final class Patience: Sendable {
    /// What an answer needs at most after the frontier is not waited for any more.
    private static let reserve = Duration.milliseconds(250)

    let start: ContinuousClock.Instant
    /// When it is over; nil for a request without a deadline.
    let end: ContinuousClock.Instant?
    /// Comes when it is over.
    let cancellation: Cancellation
    private let request: Cancellation
    private let timer: Task<Void, any Error>?

    init(_ request: Cancellation) {
        let start = ContinuousClock.now
        let end = request.deadline.map { $0 - min(Patience.reserve, max(.zero, ($0 - start) / 4)) }
        let cancellation = Cancellation(deadline: end)
        (self.request, self.start, self.end, self.cancellation) = (request, start, end, cancellation)
        timer = end.map { end in
            Task {
                try await Task.sleep(until: end, clock: .continuous)
                cancellation.cancel(.timeout(seconds: (end - start) / .seconds(1)))
            }
        }
        request.whenCancelled { cancellation.cancel($0) }
    }

    /// Whether it is over, whether or not anybody was told yet.
    var isOver: Bool { cancellation.reason != nil || isTimeUp }

    /// Whether what is left is too little for any answer: asking would cost money and give nothing.
    var isTooShort: Bool {
        guard !isOver, let end else { return isOver }
        return end - .now < min(Patience.reserve, (end - start) / 4)
    }

    private var isTimeUp: Bool { end.map { ContinuousClock.now >= $0 } ?? false }

    /// Whether the time is up, and most of it was left at a moment: who got no further by then is slow.
    func isUsedUp(since moment: ContinuousClock.Instant) -> Bool {
        guard let end, isTimeUp else { return false }
        return (end - moment) * 2 >= end - start
    }

    /// Lets go of the request.
    func stop() {
        request.whenCancelled(nil)
        timer?.cancel()
    }
}
