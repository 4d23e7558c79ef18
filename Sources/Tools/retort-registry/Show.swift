import ArgumentParser
import JSON
import Registry
import StageInterface
import Storage

struct Show: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "One version: what it is, what it was made from, and where its file lies.",
        discussion: "Examples: retort-registry show support-intent:3 · retort-registry show support-intent@production")

    @OptionGroup var options: StageOptions
    @Argument(help: "NAME:VERSION, NAME@ALIAS, or the name, which stands for its alias production.") var name: String
    @Argument(help: "A version's number or @alias, where the name is given alone.") var which: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let registry = try openRegistry()
        let version = try registry.resolve(try VersionSelector(name, which))
        let aliases = try registry.aliases(of: version.name).filter { $0.version == version.version }.map(\.alias)
        var record = version.json.objectValue ?? JSONObject()
        record["aliases"] = .array(aliases.map(JSONValue.string))
        record["path"] = .string(registry.store.path(of: version.artifact))
        for member in record.members {
            console.data("\(member.key): \(member.value.stringValue ?? member.value.serialized())")
        }
        let figures = try registry.evidence(of: version)?.figures ?? []
        for figure in figures { console.data("\(figure.name): \(Figure.text(figure.value))") }
        record["figures"] = Figure.json(figures)
        var report = report(details: .object(record))
        report.outputs = ["version": version.reference, "artifact": version.artifact.description]
        return report
    }
}
