import Adapters
import ArgumentParser
import Datasets
import Foundation
import GGUF
import JSON
import Lineage
import Registry
import StageInterface
import Storage

struct Explain: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "explain",
        abstract: "What a version was made of: dataset, labels, teacher's responses, logged interactions.",
        discussion: """
            What the workspace does not hold is said to be unknown. --json lists every row.

            Examples: retort-registry explain support-intent:3 · retort-registry explain adapter.gguf
            """)

    @OptionGroup var options: StageOptions
    @Argument(help: "NAME:VERSION, NAME@ALIAS, a name, which stands for its alias production, or an artifact's file.")
    var target: String

    func perform(_ console: Console) async throws -> StageReport? {
        let workspace = try options.openWorkspace()
        let registry = try ReleaseRegistry(workspace: workspace)
        let isFile = FileManager.default.fileExists(atPath: target) || target.hasSuffix(".gguf")
        if isFile { return try explain(file: target, registry, workspace, console) }
        return try explain(try registry.resolve(try VersionSelector(target)), registry, workspace, console)
    }

    private func explain(
        _ version: RegistryVersion, _ registry: ReleaseRegistry, _ workspace: Workspace, _ console: Console
    ) throws -> StageReport {
        let aliases = try registry.aliases(of: version.name).filter { $0.version == version.version }.map(\.alias)
        console.data("version: \(version.reference), \(version.kind.rawValue) \(version.artifact)")
        console.data(
            "registered: \(Timestamp.text(version.created)) by \(version.createdBy)"
                + (aliases.isEmpty ? "" : ", now " + aliases.map { "@\($0)" }.joined(separator: " ")))
        let evaluated = version.passed.map { $0 ? "passed" : "not passed" } ?? "unknown: none was given"
        console.data("evaluation: \(evaluated)" + (version.evaluation.map { ", report \($0)" } ?? ""))
        for (name, digest) in [("base", version.base), ("recipe", version.recipe), ("task", version.task)] {
            console.data("\(name): \(digest?.description ?? "unknown: the registration does not say")")
        }
        var details = JSONObject()
        details["version"] = version.json
        details["aliases"] = .array(aliases.map(JSONValue.string))
        details["dataset"] = try describe(
            version.dataset, unnamed: "unknown: the registration names none", workspace, console)
        var report = report(details: .object(details))
        report.outputs = ["version": version.reference, "artifact": version.artifact.description]
        return report
    }

    private func explain(
        file: String, _ registry: ReleaseRegistry, _ workspace: Workspace, _ console: Console
    ) throws -> StageReport {
        // An adapter names the file of rows that it was trained on; a dataset of the workspace may be made of that file.
        let rows = try Explain.trainingRows(of: file)
        let digest = try LowRankAdapter.digest(ofFileAt: file)
        let versions = try registry.versions().filter { [$0.artifact, $0.source].contains(digest) }
        if let newest = versions.last {
            if versions.count > 1 {
                console.say("\(file) is \(versions.map(\.reference).joined(separator: ", ")); this is the last of them")
            }
            return try explain(newest, registry, workspace, console)
        }
        console.data("artifact: \(digest)")
        console.data("version: unknown: no version in \(workspace.path) is this file")
        console.data("trained on: \(rows?.description ?? "unknown: the file does not say")")
        let dataset = try rows.flatMap { try DatasetStore(workspace).version(holding: $0, in: workspace.store) }
        var details = JSONObject()
        details["artifact"] = .string(digest.description)
        details["trained_on"] = rows.map { .string($0.description) } ?? .null
        details["dataset"] = try describe(
            dataset, unnamed: "unknown: no dataset in \(workspace.path) has the rows that it was trained on", workspace,
            console)
        var report = report(details: .object(details))
        report.outputs = ["artifact": digest.description]
        return report
    }

    private static func trainingRows(of file: String) throws -> ContentDigest? {
        guard !LowRankAdapter.isPEFT(file) else { return nil }
        return try GGUFFile(path: file).metadata.optionalString("retort.dataset.digest").flatMap { ContentDigest($0) }
    }

    /// Prints a dataset's lineage; where there is none, why.
    private func describe(
        _ dataset: ContentDigest?, unnamed: String, _ workspace: Workspace, _ console: Console
    ) throws -> JSONValue {
        guard let dataset else {
            console.data("dataset: \(unnamed)")
            return .null
        }
        guard let lineage = try DatasetLineage(of: dataset, in: workspace) else {
            console.data("dataset: \(dataset)")
            console.data("rows: unknown: the dataset was not curated in \(workspace.path)")
            return ["digest": .string(dataset.description)]
        }
        for line in lineage.lines { console.data(line) }
        return lineage.json
    }
}
