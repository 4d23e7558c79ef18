import Synchronization

/// How many bytes of requests that are being received the server holds at once, over all connections.
final class ByteBudget: Sendable {
    private let held = Mutex(0)
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    /// Takes `count` bytes; false where they do not fit.
    func take(_ count: Int) -> Bool {
        held.withLock { held in
            guard held + count <= capacity else { return false }
            held += count
            return true
        }
    }

    func giveBack(_ count: Int) { held.withLock { $0 -= count } }
}

/// What one request holds of a ``ByteBudget``.
struct ByteShare {
    private let budget: ByteBudget
    private var count = 0

    init(of budget: ByteBudget) { self.budget = budget }

    /// - Throws: ``APIError`` where the server holds as much as it may.
    mutating func take(_ more: Int) throws {
        guard budget.take(more) else { throw APIError.tooManyBytes }
        count += more
    }

    mutating func giveBack() {
        budget.giveBack(count)
        count = 0
    }
}
