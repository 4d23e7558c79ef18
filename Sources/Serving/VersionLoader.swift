import Adapters
import Checkpoints
import Datasets
import Foundation
import Inference
import Registry
import Storage
import Tokenizers

/// Loads versions onto one base and verifies them: nothing that it returns can turn out to be unfit later.
final class VersionLoader: Sendable {
    /// The base itself, as a version that can answer.
    let base: ServedVersion
    private let baseDigest: ContentDigest
    private let store: ContentStore
    private let tasks: [Datasets.Task]
    private let threshold: Double?

    /// Opens the base.
    ///
    /// - Throws: what opening a model throws, for a missing or damaged file or an unsupported architecture.
    init(
        base path: String, template: String?, store: ContentStore, tasks: [Datasets.Task], threshold: Double?
    ) throws {
        let checkpoint = try Checkpoint(path: path, template: template)
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        baseDigest = try checkpoint.digest()
        base = ServedVersion(
            name: name, record: nil, artifact: try ContentDigest(ofFile: path),
            engine: try InferenceEngine(checkpoint: checkpoint), adapter: nil,
            encoder: try PromptEncoder(checkpoint), task: nil)
        self.store = store
        self.tasks = tasks
        self.threshold = threshold
    }

    /// Loads a registered version: verifies the stored file's digest, the base's digest and every tensor's place and
    /// shape, then probes that it changes what the base says.
    func load(_ record: RegistryVersion) throws -> ServedVersion {
        do {
            let path = try store.verifiedPath(of: record.artifact)
            return try record.kind == .adapter ? adapter(record, path) : model(record, path)
        } catch let error as any LocalizedError {
            throw ServingError(
                "\(record.reference) cannot be served: \(error.errorDescription ?? "\(error)")",
                hint: error.recoverySuggestion)
        }
    }

    private func adapter(_ record: RegistryVersion, _ path: String) throws -> ServedVersion {
        let adapter = try LowRankAdapter(path: path)
        guard let bound = adapter.baseDigest ?? record.base else {
            throw ServingError(
                "the adapter names no base, expected the digest of the base's tensors",
                hint: "retort-registry register \(record.name) --base-digest \(baseDigest)")
        }
        for named in [bound, record.base ?? bound] where named != baseDigest {
            throw ServingError(
                "it was made for the base \(named), expected the base \(baseDigest), which is served here",
                hint: "serve the base that it was trained on, or train an adapter on this one")
        }
        try base.engine.checkpoint.checkTemplate(of: adapter, name: record.reference)
        let loaded = try base.engine.load(adapter, name: record.reference)
        let version = ServedVersion(
            name: record.name, record: record, artifact: record.artifact, engine: base.engine, adapter: loaded,
            encoder: base.encoder, task: try task(of: record, base.encoder))
        try probe(version)
        return version
    }

    /// A merged model, or another base, with an engine of its own.
    private func model(_ record: RegistryVersion, _ path: String) throws -> ServedVersion {
        let checkpoint = try Checkpoint(path: path)
        let encoder = try PromptEncoder(checkpoint)
        return ServedVersion(
            name: record.name, record: record, artifact: record.artifact,
            engine: try InferenceEngine(checkpoint: checkpoint), adapter: nil, encoder: encoder,
            task: try task(of: record, encoder))
    }

    /// The task that the version was registered for, else the one of its name.
    private func task(of record: RegistryVersion, _ encoder: PromptEncoder) throws -> ServedTask? {
        let task = tasks.first { $0.digest == record.task } ?? tasks.first { $0.name == record.name }
        return try task.map { try ServedTask($0, threshold: threshold, encoder: encoder) }
    }

    /// An adapter that changes nothing was not trained or was not applied.
    private func probe(_ version: ServedVersion) throws {
        let tokens = try version.encoder.raw("The quick brown fox asks where its order is, and waits.")
        let plain = try version.engine.logits(tokens)
        let changed = try version.engine.logits(tokens, adapter: version.adapter)
        guard changed.allSatisfy(\.isFinite) else {
            throw ServingError("its logits are not all finite numbers")
        }
        guard plain != changed else {
            throw ServingError("it changes no logit of the base, expected an adapter that was trained")
        }
    }
}
