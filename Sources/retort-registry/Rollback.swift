import ArgumentParser
import Registry
import StageInterface

struct Rollback: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Point an alias back at the version that it had before.")

    @OptionGroup var options: StageOptions
    @Argument(help: "The name.") var name: String
    @Option(help: "The alias that moves.") var alias = VersionSelector.defaultAlias
    @Option(help: "Why; the history keeps it.") var reason: String
    @Option(help: "Who rolls back; by default the user's name.") var by: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let registry = try openRegistry()
        let entry = try gated { try registry.rollback(name, alias: alias, by: actor(by), reason: reason) }
        console.say("\(name)@\(alias) is back at \(name):\(entry.newVersion)")
        console.data("\(name):\(entry.newVersion)")
        var report = report(details: entry.json)
        report.outputs = ["alias": "\(name)@\(alias)", "version": "\(name):\(entry.newVersion)"]
        return report
    }
}
