import Dialects
public import Foundation
import Storage

/// A hard limit on what one account may spend in a workspace, over all its runs.
///
/// Each request reserves the most it can cost before it is sent; reserved and spent together never exceed the limit.
/// The limit stands over the account's history, all of it or that of the day, so that a run that was stopped or killed
/// cannot spend twice.
///
/// Some teachers bill more than the limit of a request, for thoughts that nobody sees. So the reservation grows by the
/// most that a teacher was ever seen to bill beyond a limit, and half of that again; and a teacher that is not known yet
/// gets one request alone, then two, then three, so that no crowd is on its way before its first bill has come.
public actor Budget {
    /// Money set aside for one request.
    struct Reservation: Sendable {
        let entry: Int64
    }

    private struct Hold {
        var endpoint: TeacherEndpoint
        /// The window that the request was sent in.
        var window: Date
        var worst: TokenUsage
        var amount: USD
    }

    public nonisolated let limit: USD
    public nonisolated let window: Window
    private let account: String
    private let run: Int
    let ledger: TeacherLedger
    /// What the account had spent in the window before this run, and what it has now; ambiguous requests count in full.
    public nonisolated let spentBefore: USD
    public private(set) var spent: USD
    /// When the window began that ``spent`` is of.
    public private(set) var windowStart: Date
    private var habits: [String: TeacherLedger.Habit]
    private var holds: [Int64: Hold] = [:]
    /// Requests that are being written down; their holds are not there yet.
    private var beginning: [Int64: Hold] = [:]
    private var nextBeginning: Int64 = 0
    private let waiting = Waiters()

    /// Opens an account under a limit. The caller keeps other processes away from the account with a lock.
    public init(account: String, limit: USD, window: Window = .total, ledger: TeacherLedger) async throws {
        self.account = account
        self.limit = limit
        self.window = window
        self.ledger = ledger
        windowStart = window.start(at: Date())
        (spentBefore, run) = try await ledger.open(account: account, since: windowStart)
        spent = spentBefore
        habits = try await ledger.habits()
    }

    private var inFlight: [Hold] { Array(holds.values) + Array(beginning.values) }

    /// The most that a request can cost, by what was seen of its teacher.
    private func most(_ worst: TokenUsage, _ endpoint: TeacherEndpoint) -> USD {
        let beyond = habits[endpoint.teacher]?.beyondLimit ?? 0
        return endpoint.prices.cost(of: worst + TokenUsage(input: 0, output: beyond + beyond / 2))
    }

    /// Sets money aside; while only requests in flight stand in the way, waits for what they give back.
    ///
    /// - Parameter worst: the tokens of the request, and the limit of its answer.
    /// - Throws: ``TeacherError/Kind/budget`` when it cannot fit.
    func reserve(_ worst: TokenUsage, endpoint: TeacherEndpoint, key: ContentDigest) async throws -> Reservation {
        var amount = most(worst, endpoint)
        while limit > .zero {
            turnWindow()
            let inFlight = inFlight
            amount = most(worst, endpoint)
            let ofTeacher = inFlight.count { $0.endpoint.teacher == endpoint.teacher }
            let isCrowd = amount > .zero && ofTeacher >= max(1, habits[endpoint.teacher]?.answers ?? 0)
            let committed = inFlight.reduce(spent + amount) { $0 + $1.amount }
            guard !inFlight.isEmpty, isCrowd || committed > limit else { break }
            await waiting.wait()
            try Task.checkCancellation()
        }
        guard limit > .zero, spent + amount <= limit else { throw exhausted(amount, endpoint) }
        let hold = Hold(endpoint: endpoint, window: windowStart, worst: worst, amount: amount)
        let number = nextBeginning
        nextBeginning += 1
        beginning[number] = hold
        do {
            let entry = try await ledger.reserve(
                account: account, run: run, teacher: endpoint.teacher, key: key, limit: worst.output, amount: amount)
            holds[entry] = beginning.removeValue(forKey: number)
            return Reservation(entry: entry)
        } catch {
            beginning[number] = nil
            waiting.resumeAll()
            throw error
        }
    }

    private func exhausted(_ amount: USD, _ endpoint: TeacherEndpoint) -> TeacherError {
        let beyond = habits[endpoint.teacher]?.beyondLimit ?? 0
        let why = beyond > 0 ? " (\(endpoint.model) was seen to bill \(beyond) tokens beyond the limit)" : ""
        return TeacherError(
            .budget,
            "budget: \(spent) of \(limit) spent\(window == .day ? " today" : ""), and the next request may cost \(amount)\(why), expected it to fit",
            hint:
                "run the same command again with a larger --budget-usd to go on; retort-label ledger shows the bookings"
        )
    }

    /// Books an answer and what it cost, and keeps it.
    ///
    /// - Returns: the response with the cost that was booked.
    func settle(
        _ reservation: Reservation, key: ContentDigest, endpoint: TeacherEndpoint, response: TeacherResponse
    ) async throws -> TeacherResponse {
        var response = response
        // Where the stated usage cannot be, the most that was set aside is booked.
        if response.usageDoubt != nil, let hold = holds[reservation.entry] { response.cost = hold.amount }
        learn(response, of: endpoint.teacher)
        // Also when the ledger cannot be written: the money is gone, and those who wait must not wait for ever.
        let cost = response.cost
        defer { giveBack(reservation, spent: cost) }
        try await ledger.settle(reservation.entry, key: key, endpoint: endpoint, response: response)
        return response
    }

    /// Books a request without an answer: for nothing, or in full when nobody knows.
    func close(_ reservation: Reservation, isAmbiguous: Bool) async throws {
        let amount = isAmbiguous ? holds[reservation.entry]?.amount : nil
        defer { giveBack(reservation, spent: amount ?? .zero) }
        try await ledger.close(reservation.entry, ambiguousAt: amount)
    }

    /// Takes note of a bill; those on their way may become as large.
    private func learn(_ response: TeacherResponse, of teacher: String) {
        var habit = habits[teacher] ?? TeacherLedger.Habit()
        habit.answers += 1
        // In doubt the usage is what was set aside, which teaches nothing.
        if response.usageDoubt == nil {
            habit.beyondLimit = max(habit.beyondLimit, response.usage.output - response.limit)
        }
        habits[teacher] = habit
        for (entry, hold) in holds where hold.endpoint.teacher == teacher {
            holds[entry]?.amount = most(hold.worst, hold.endpoint)
        }
    }

    private func giveBack(_ reservation: Reservation, spent cost: USD) {
        let hold = holds.removeValue(forKey: reservation.entry)
        // What was sent in an earlier window is of that one.
        if hold?.window == windowStart { spent += cost }
        waiting.resumeAll()
    }

    /// Begins a window anew when the last one is over.
    private func turnWindow() {
        let start = window.start(at: Date())
        guard start > windowStart else { return }
        (windowStart, spent) = (start, .zero)
    }
}
