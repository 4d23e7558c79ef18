import ArgumentParser
import JSON
import Registry
import StageInterface
import Storage

struct List: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "list",
        abstract: "The versions of one name or of all, with their evaluations' figures and the aliases at them.",
        discussion: "Example: retort-registry list support-intent")

    @OptionGroup var options: StageOptions
    @Argument(help: "Only this name, or NAME:VERSION or NAME@ALIAS.") var name: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let registry = try openRegistry()
        let versions = try versions(name, registry)
        let aliases = try registry.aliases()
        var rows: [JSONValue] = []
        for version in versions {
            let pointing = aliases.filter { $0.name == version.name && $0.version == version.version }.map(\.alias)
            var line = "\(version.reference)  \(version.kind.rawValue)  \(version.artifact.short)"
            line += "  " + (version.passed.map { $0 ? "passed" : "failed" } ?? "not evaluated")
            var row = version.json.objectValue ?? JSONObject()
            row["aliases"] = .array(pointing.map(JSONValue.string))
            do {
                let figures = try registry.evidence(of: version)?.figures ?? []
                for figure in figures { line += "  \(figure.name) \(Figure.text(figure.value))" }
                row["figures"] = Figure.json(figures)
            } catch let error as RegistryError {
                console.warn(error.description)
                line += "  its evaluation cannot be read"
                row["figures"] = .null
            }
            console.data(line + pointing.map { "  @\($0)" }.joined())
            rows.append(.object(row))
        }
        if versions.isEmpty { console.say("nothing is registered yet") }
        var report = report(details: .array(rows))
        report.counts = ["versions": versions.count]
        return report
    }
}
