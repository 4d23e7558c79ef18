import ArgumentParser
import Conversations
import Registry
import StageInterface
import Storage

struct History: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "Who registered, promoted and rolled back what, when, why, on what evidence.")

    @OptionGroup var options: StageOptions
    @Argument(help: "Only this name.") var name: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let registry = try openRegistry()
        let entries = try gated { try registry.history(of: name) }
        if let name, entries.isEmpty { _ = try registry.resolve(try VersionSelector(name: name, version: 1)) }
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
        var report = report(details: .array(entries.map(\.json)))
        report.counts = ["entries": entries.count]
        return report
    }
}
