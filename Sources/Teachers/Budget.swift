import Storage

/// A hard limit on what one account may spend in a workspace, over all its runs.
///
/// Each request reserves the most it can cost before it is sent; reserved and spent together never exceed the limit.
/// The limit stands over the account's whole history, so that a run that was stopped or killed cannot spend twice.
public actor Budget {
    /// Money set aside for one request.
    struct Reservation: Sendable {
        let entry: Int64
        let amount: USD
    }

    public nonisolated let limit: USD
    private let account: String
    let ledger: TeacherLedger
    /// What the account had spent before this run, and what it has now; ambiguous requests count in full.
    public nonisolated let spentBefore: USD
    public private(set) var spent: USD
    private var reserved = USD.zero
    private var waiting: [CheckedContinuation<Void, Never>] = []

    /// Opens an account under a limit. The caller keeps other processes away from the account with a lock.
    public init(account: String, limit: USD, ledger: TeacherLedger) async throws {
        self.account = account
        self.limit = limit
        self.ledger = ledger
        spentBefore = try await ledger.open(account: account)
        spent = spentBefore
    }

    /// Sets money aside; while only requests in flight stand in the way, waits for what they give back.
    ///
    /// - Throws: ``TeacherError/Kind/budget`` when it cannot fit.
    func reserve(_ amount: USD, key: ContentDigest) async throws -> Reservation {
        while limit > .zero, spent + reserved + amount > limit, reserved > .zero {
            await withCheckedContinuation { waiting.append($0) }
            try Task.checkCancellation()
        }
        guard limit > .zero, spent + reserved + amount <= limit else {
            throw TeacherError(
                .budget,
                "budget: \(spent) of \(limit) spent, and the next request may cost \(amount), expected it to fit",
                hint: "run the same command again with a larger --budget-usd to go on")
        }
        reserved += amount
        do {
            return Reservation(
                entry: try await ledger.reserve(account: account, key: key, amount: amount), amount: amount)
        } catch {
            giveBack(amount, spent: .zero)
            throw error
        }
    }

    /// Books an answer and what it cost, and keeps it.
    func settle(
        _ reservation: Reservation, key: ContentDigest, endpoint: TeacherEndpoint, response: TeacherResponse
    ) async throws {
        // Also when the ledger cannot be written: the money is gone, and those who wait must not wait for ever.
        defer { giveBack(reservation.amount, spent: response.cost) }
        try await ledger.settle(reservation.entry, key: key, endpoint: endpoint, response: response)
    }

    /// Books a request without an answer: for nothing, or in full when nobody knows.
    func close(_ reservation: Reservation, isAmbiguous: Bool) async throws {
        defer { giveBack(reservation.amount, spent: isAmbiguous ? reservation.amount : .zero) }
        try await ledger.close(reservation.entry, isAmbiguous: isAmbiguous)
    }

    private func giveBack(_ amount: USD, spent cost: USD) {
        reserved = reserved - amount
        spent += cost
        let resumed = waiting
        waiting = []
        for continuation in resumed { continuation.resume() }
    }
}
