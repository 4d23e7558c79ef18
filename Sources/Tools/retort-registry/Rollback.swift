import ArgumentParser
import Registry
import StageInterface
import Storage

struct Rollback: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "rollback", abstract: "Point an alias back at the version that it had before.",
        discussion: "Example: retort-registry rollback support-intent@production --reason \"complaints since noon\"")

    @OptionGroup var options: StageOptions
    @Argument(help: "The name, or NAME@ALIAS.") var name: String
    @Option(help: "The alias that moves. (default: \(VersionSelector.defaultAlias))") var alias: String?
    @Option(help: "Why; the history keeps it.") var reason: String
    @Option(help: "Who rolls back. (default: the user's name)") var by: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let selector = try VersionSelector(name, alias.map { "@" + self.alias($0) })
        guard case .alias(let alias) = selector.choice else {
            throw StageFailure(
                .badInput, "'\(selector)': a version, expected the name of an alias that goes back",
                hint: "retort-registry promote \(selector) --reason WHY points an alias at it")
        }
        let reason = try words(reason, as: "--reason"), by = try actor(by)
        let registry = try openRegistry()
        let entry = try registry.rollback(selector.name, alias: alias, by: by, reason: reason)
        let version = "\(selector.name):\(entry.newVersion)"
        console.say("\(selector) is back at \(version)")
        console.data(version)
        var report = report(details: entry.json)
        report.outputs = ["alias": "\(selector)", "version": version]
        return report
    }
}
