import ArgumentParser
import Conversations
import Foundation
import Registry
import StageInterface
import Storage

struct Register: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "register", abstract: "Keep an artifact with its lineage as an immutable version.")

    @OptionGroup var options: StageOptions
    @Argument(help: "The name under which versions are counted.") var name: String
    @Option(help: "The artifact's file.") var artifact: String
    @Option(help: "What it is: adapter, merged or base.") var kind = "adapter"
    @Option(help: "The base model's file; its digest is kept as lineage.") var base: String?
    @Option(help: "The digest of the base's tensors; by default the evaluation report's.") var baseDigest: String?
    @Option(help: "The dataset's manifest, or its digest.") var dataset: String?
    @Option(help: "The task's file, or its digest.") var task: String?
    @Option(help: "The evaluation report (report.json).") var evaluation: String?
    @Option(help: "The recipe's file, or its digest.") var recipe: String?
    @Option(help: "A remark for people.") var note: String?
    @Option(help: "Who registers; by default the user's name.") var by: String?

    func perform(_ console: Console) async throws -> StageReport? {
        guard let kind = ArtifactKind(rawValue: kind) else {
            throw StageFailure(.badInput, "kind: '\(kind)', expected adapter, merged or base")
        }
        var registration = Registration(name: name, artifact: artifact, by: actor(by))
        registration.kind = kind
        registration.baseFile = base
        registration.base = try baseDigest.map(digest)
        registration.dataset = dataset.map(Registration.Source.init)
        registration.task = task.map(Registration.Source.init)
        registration.recipe = recipe.map(Registration.Source.init)
        registration.evaluation = evaluation
        registration.note = note
        let (version, isNew) = try gated { try openRegistry().register(registration) }
        console.say(isNew ? "registered \(version.reference)" : "\(version.reference) is registered already")
        console.data(version.reference)
        var report = report(details: version.json)
        report.outputs = ["reference": version.reference, "artifact": version.artifact.description]
        report.counts = ["version": version.version, "registered": isNew ? 1 : 0]
        return report
    }
}
