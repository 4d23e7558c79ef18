import ArgumentParser
import JSON
import Registry
import StageInterface
import Storage

struct Accept: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "After a backup was put back: take the registry as it is here, for a reason that the history keeps.",
        discussion: """
            The history's chain must hold and every version be as it was registered. Aliases are put where the history has \
            them, and the newest entry is noted anew. Look at 'retort-registry verify' and 'history' first.

            Example: retort-registry accept --reason "restored Tuesday's backup, the disk had failed"
            """)

    @OptionGroup var options: StageOptions
    @Option(help: "Why; the history keeps it.") var reason: String
    @Option(help: "Who accepts. (default: the user's name)") var by: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let reason = try words(reason, as: "--reason"), by = try actor(by)
        let registry = try openRegistry()
        let entries = try registry.accept(by: by, reason: reason)
        let head = entries.last?.digest.description ?? "none"
        console.say("accepted \(entries.count) names as they are; a server that runs must be started again")
        console.data("head \(head)")
        var report = report(details: .array(entries.map(\.json)))
        report.outputs = ["head": head]
        report.counts = ["names": entries.count]
        return report
    }
}
