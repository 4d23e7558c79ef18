import ArgumentParser
import Conversations
import Registry
import StageInterface

struct Promote: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "promote",
        abstract: "Point an alias at a version. Refused (exit 3) without a passing evaluation, unless overridden.")

    @OptionGroup var options: StageOptions
    @Argument(help: "The name.") var name: String
    @Argument(help: "The version's number.") var version: Int
    @Option(help: "The alias that moves.") var alias = VersionSelector.defaultAlias
    @Option(help: "Who promotes; by default the user's name.") var by: String?
    @Option(help: "Why.") var reason: String?
    @Option(help: "Promote without a passing evaluation, for this reason, which the history keeps.")
    var override: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let registry = try openRegistry()
        if override?.allSatisfy(\.isWhitespace) == true {
            throw StageFailure(.badInput, "override: empty, expected a reason")
        }
        let entry = try gated {
            try registry.promote(
                name, version: version, alias: alias, by: actor(by), reason: reason, override: override)
        }
        if let entry {
            let old = entry.oldVersion.map { " (was \(name):\($0))" } ?? ""
            console.say("\(name)@\(alias) is now \(name):\(version)\(old)")
        } else {
            console.say("\(name)@\(alias) is \(name):\(version) already")
        }
        console.data("\(name):\(version)")
        var report = report(details: entry?.json ?? .null)
        report.outputs = ["alias": "\(name)@\(alias)", "version": "\(name):\(version)"]
        report.counts = ["moved": entry == nil ? 0 : 1]
        return report
    }
}
