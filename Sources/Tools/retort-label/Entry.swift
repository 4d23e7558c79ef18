import ArgumentParser
import StageInterface

/// `retort-label` labels; `retort-label ledger` shows what that cost, `retort-label ledger settle` sets a booking right.
///
/// Not subcommands of a tool: the help of `retort-label` is that of labeling.
@main
enum Entry {
    static func main() async {
        let arguments = Array(CommandLine.arguments.dropFirst())
        switch (arguments.first, arguments.dropFirst().first) {
        case ("ledger", "settle"): await SettleCommand.main(Array(arguments.dropFirst(2)))
        case ("ledger", _): await LedgerCommand.main(Array(arguments.dropFirst()))
        default: await Label.main(arguments)
        }
    }
}
