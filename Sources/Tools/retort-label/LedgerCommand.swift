import ArgumentParser
import Foundation
import JSON
import StageInterface
import Storage
import Teachers

/// The budget's book, for people.
struct LedgerCommand: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-label ledger",
        abstract: "Show what labeling has cost: bookings by run, model or day, and those that somebody should look at.",
        discussion: """
            A request is booked at what the teacher says it used; where there was no answer, or a usage that cannot be, \
            at the most it can cost. 'retort-label ledger settle NUMBER --usd AMOUNT --reason TEXT' sets a booking right.

            Example: retort-label ledger --by day
            """,
        version: retortVersion)

    enum Grouping: String, CaseIterable, ExpressibleByArgument { case run, model, day, request }

    @OptionGroup var options: StageOptions

    @Option(help: "Only this task's account; all by default.")
    var account: String?

    @Option(help: "One line for each run, model, day or request.")
    var by = Grouping.run

    @Flag(help: "Only bookings that somebody should look at.")
    var suspicious = false

    func perform(_ console: Console) async throws -> StageReport? {
        let ledger = try options.openLedger().ledger
        let all = try ledger.bookings(account: account)
        if let account, all.isEmpty {
            let accounts = Set(try ledger.bookings().map(\.account)).sorted()
            let found = accounts.isEmpty ? "the book is empty" : "the accounts are \(accounts.joined(separator: ", "))"
            throw StageFailure(.badInput, "account '\(account)': no bookings; \(found)")
        }
        let bookings = suspicious ? all.filter { $0.suspicion != nil } : all
        let table = LedgerTable(bookings, by: by)
        for line in table.lines { console.data(line) }
        let doubtful = all.filter { $0.suspicion != nil }
        if !suspicious, !doubtful.isEmpty {
            let sum = doubtful.reduce(USD.zero) { $0 + $1.amount }
            console.warn(
                "\(doubtful.count) bookings of \(sum) should be looked at; --suspicious --by request lists them")
        }
        var report = StageReport(stage: "retort-label ledger")
        report.counts = ["bookings": bookings.count, "suspicious": doubtful.count]
        report.figures = ["booked_usd": bookings.reduce(USD.zero) { $0 + $1.amount }.dollars]
        report.details = .array(table.rows.map(\.json))
        return report
    }
}
