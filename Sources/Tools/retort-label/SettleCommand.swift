import ArgumentParser
import PlainText
import StageInterface
import Storage
import Teachers

/// Sets one booking right.
struct SettleCommand: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-label ledger settle",
        abstract: "Set a booking to what the request really cost, for a reason that the book keeps.",
        discussion: """
            Example: retort-label ledger settle 17 --usd 0.0004 --reason "the provider's usage page of 3 December"
            """,
        version: retortVersion)

    @OptionGroup var options: StageOptions

    @Argument(help: ArgumentHelp("The booking's number, from 'retort-label ledger --by request'.", valueName: "number"))
    var booking: Int64

    @Option(help: ArgumentHelp("What it cost, in USD.", valueName: "amount"))
    var usd: Double

    @Option(help: ArgumentHelp("How you know.", valueName: "text"))
    var reason: String

    func validate() throws {
        guard usd >= 0, usd <= 1e6 else { throw ValidationError("--usd: \(usd), expected 0 to 1000000") }
        if let flaw = reason.flawAsLine { throw ValidationError("--reason: \(flaw)") }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        let (workspace, ledger) = try options.openLedger()
        guard let before = try ledger.bookings().first(where: { $0.id == booking }) else {
            throw StageFailure(
                .badInput, "booking \(booking): not in the book, expected one of its numbers",
                hint: "retort-label ledger --by request lists them")
        }
        // A run that spends from the account counts with what it has read.
        let lock = try workspace.lock("label-\(before.account)")
        defer { withExtendedLifetime(lock) {} }
        let after = try await ledger.correct(booking, to: USD(usd), reason: reason)
        console.data("\(after.account): booking \(booking) is \(after.amount) now, was \(before.amount)")
        var report = StageReport(stage: "retort-label ledger settle")
        report.figures = ["usd": after.amount.dollars, "usd_before": before.amount.dollars]
        return report
    }
}
