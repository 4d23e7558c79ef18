import ArgumentParser
import JSON
import Registry
import StageInterface
import Storage

struct History: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Who registered, promoted and rolled back what, when, why, on what evidence.",
        discussion: "Example: retort-registry history support-intent")

    @OptionGroup var options: StageOptions
    @Argument(help: "Only this name, or NAME:VERSION or NAME@ALIAS.") var name: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let registry = try openRegistry()
        var entries = try registry.history()
        if let name {
            let versions = try versions(name, registry).map(\.reference)
            entries.removeAll { !versions.contains("\($0.name):\($0.newVersion)") }
        }
        for entry in entries {
            let json = entry.json
            let target = entry.alias.map { "\(entry.name)@\($0)" } ?? entry.name
            let move =
                entry.alias == nil
                ? "\(entry.newVersion)" : "\(entry.oldVersion.map(String.init) ?? "none") → \(entry.newVersion)"
            var line = "\(entry.sequence)  \(json["time"]?.stringValue ?? "")  \(entry.by)  \(entry.action.rawValue)  "
            line += "\(target)  \(move)"
            if let evaluation = entry.evaluation {
                line += "  evaluation \(evaluation.short) \(entry.passed == true ? "passed" : "failed")"
            }
            if let reason = entry.reason { line += "  \"\(reason)\"" }
            if let override = entry.override { line += "  override: \"\(override)\"" }
            console.data(line)
        }
        // Shown as it lies there, and then said whether it holds.
        _ = try registry.sequence()
        var report = report(details: .array(entries.map(\.json)))
        report.counts = ["entries": entries.count]
        return report
    }
}
