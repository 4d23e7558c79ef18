import ArgumentParser
import Conversations
import Registry
import StageInterface
import Storage

struct List: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The versions of one name or of all, with the aliases that point at them.")

    @OptionGroup var options: StageOptions
    @Argument(help: "Only this name.") var name: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let registry = try openRegistry()
        let aliases = try registry.aliases(of: name)
        let versions = try gated { try registry.versions(of: name) }
        if let name, versions.isEmpty { _ = try registry.resolve(try VersionSelector(name: name, version: 1)) }
        var rows: [JSONValue] = []
        for version in versions {
            let pointing = aliases.filter { $0.name == version.name && $0.version == version.version }.map(\.alias)
            let verdict = version.passed.map { $0 ? "passed" : "failed" } ?? "not evaluated"
            let names = pointing.isEmpty ? "" : "  @" + pointing.joined(separator: " @")
            console.data(
                "\(version.reference)  \(version.kind.rawValue)  \(version.artifact.short)  \(verdict)\(names)")
            var row = version.json.objectValue ?? JSONObject()
            row["aliases"] = .array(pointing.map(JSONValue.string))
            rows.append(.object(row))
        }
        if versions.isEmpty { console.say("nothing is registered yet") }
        var report = report(details: .array(rows))
        report.counts = ["versions": versions.count]
        return report
    }
}
