import ArgumentParser
import JSON
import Registry
import StageInterface
import Storage

struct Verify: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "verify",
        abstract: "Hold versions, aliases and files against the hash chain of the history; damage ends with exit 3.",
        discussion: "Example: retort-registry verify support-intent")

    @OptionGroup var options: StageOptions
    @Argument(help: "Read only this name's files; the history is always verified whole.") var name: String?
    @Option(help: "A digest of the history noted earlier, which must still be in it.") var head: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let registry = try openRegistry()
        // Of a version that is named, all versions of its name are read.
        let name = try name.map { try VersionSelector($0).name }
        let found = try registry.verify(name, expecting: try head.map(self.digest))
        guard found.problems.isEmpty else {
            throw StageFailure(
                .refused, "the registry does not verify: " + found.problems.joined(separator: "\n  "),
                hint:
                    "put back the newest copy of the workspace; register mends an artifact from its file, accept an alias"
            )
        }
        let newest = found.head?.description ?? "none"
        console.data("verified \(found.versions) versions and \(found.entries) history entries; head \(newest)")
        var report = self.report(details: ["head": .string(newest)])
        report.outputs = ["head": newest]
        report.counts = ["versions": found.versions, "entries": found.entries]
        return report
    }
}
