import ArgumentParser
import Foundation
import JSON
import Registry
import StageInterface
import Storage
import Tasks

struct Register: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Keep an artifact with its lineage as an immutable version.",
        discussion: """
            The artifact is read and checked whole: its kind, its numbers, its base, and that the evaluation is of it. \
            PEFT's folder is kept as the GGUF file that it becomes on the base. Prints NAME:VERSION.

            Example: retort-registry register support-intent --artifact adapter.gguf --base base.gguf --task task.yaml \
            --evaluation evaluation/report.json
            """)

    @OptionGroup var options: StageOptions
    @Argument(help: "The name under which versions are counted.") var name: String
    @Option(help: "The artifact: an adapter or a model as a GGUF file, or PEFT's folder (which needs --base).")
    var artifact: String
    @Option(help: "What it is said to be: adapter, merged or base. (default: what it is found to be)") var kind: String?
    @Option(help: "The base model's GGUF file: an adapter is checked against it; its digest is kept as lineage.")
    var base: String?
    @Option(
        help: "The digest of the base's tensors. (default: what the adapter, --base or the evaluation report says)")
    var baseDigest: String?
    @Option(help: "The dataset's manifest, or its digest. (default: the evaluation report's)") var dataset: String?
    @Option(help: "The task's file, kept for serving, or its digest. (default: the evaluation report's)")
    var task: String?
    @Option(help: "The evaluation report (report.json).") var evaluation: String?
    @Option(help: "The recipe's file, or its digest. (default: the recipe that the artifact names)") var recipe: String?
    @Option(help: "A remark for people.") var note: String?
    @Option(help: "Who registers. (default: the user's name)") var by: String?

    func perform(_ console: Console) async throws -> StageReport? {
        let kind = try kind.map { text in
            guard let kind = ArtifactKind(rawValue: text) else {
                throw StageFailure(.badInput, "--kind: '\(text.prefix(40))', expected adapter, merged or base")
            }
            return kind
        }
        let scratch = FileManager.default.temporaryDirectory.appending(path: "retort-register-\(UUID().uuidString)")
            .path
        try AtomicFile.makeDirectory(scratch, isPrivate: true)
        defer { try? FileManager.default.removeItem(atPath: scratch) }
        let registry = try openRegistry()
        let checked = try CheckedArtifact(
            path: artifact, kind: kind, base: base, baseDigest: try baseDigest.map(digest), folder: scratch)
        for warning in checked.warnings { console.warn(warning) }
        var registration = Registration(name: name, artifact: checked.path, by: try actor(by))
        registration.source = checked.source
        registration.kind = checked.kind
        registration.baseFile = base
        registration.base = checked.base
        registration.dataset = try dataset.map(Registration.Source.init(dataset:))
        registration.task = try task.map { text in
            if let digest = ContentDigest(text) {
                guard registry.store.contains(digest) else {
                    throw StageFailure(
                        .badInput,
                        "--task: \(digest): not in \(registry.store.path), expected a task that is kept there",
                        hint: "give the task's file")
                }
                return .digest(digest)
            }
            // Kept as what it means, so that whatever serves the version can read it there.
            return .content(Data(try TaskDefinition(path: text).json.serializedBytes(.canonical)))
        }
        registration.recipe =
            try recipe.map(Registration.Source.init(recipe:))
            ?? checked.recipe.map { .digest(try registry.store.put(Data($0.utf8))) }
        registration.evaluation = evaluation
        registration.note = try note.map { try words($0, as: "--note") }
        let (version, isNew) = try registry.register(registration)
        return report(version, isNew: isNew, registry, console)
    }

    private func report(
        _ version: RegistryVersion, isNew: Bool, _ registry: ReleaseRegistry, _ console: Console
    ) -> StageReport {
        let what = "\(version.reference) (\(version.kind.rawValue))"
        console.say(isNew ? "registered \(what)" : "\(what) is registered already")
        if !isNew, let note, note != version.note {
            console.warn("the note of \(version.reference) stays as it is: a version never changes")
        }
        if version.base == nil {
            console.warn("\(version.reference) names no base and cannot be served: register it with --base BASE.gguf")
        }
        if version.task == nil {
            console.say("it has no task of its own; --task FILE gives it one")
        }
        console.data(version.reference)
        var report = report(details: version.json)
        report.outputs = ["reference": version.reference, "artifact": version.artifact.description]
        report.counts = ["version": version.version, "registered": isNew ? 1 : 0]
        return report
    }
}
