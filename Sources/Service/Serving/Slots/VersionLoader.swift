import Adapters
import Answering
import Checkpoints
import Foundation
import Inference
import PlainText
import Registry
import Storage
import Tasks
import Tensors
import Tokenizers

/// Loads versions onto one base and verifies them: nothing that it returns can turn out to be unfit later.
final class VersionLoader: Sendable {
    /// The base itself, as a version that can answer.
    let base: ServedVersion
    private let pool: ThreadPool
    private let store: ContentStore
    private let tasks: ServedTasks
    private let threshold: Double?
    private let warn: @Sendable (String) -> Void
    /// The logits of the base on the tokens that every version is probed with.
    private let baseLogits: [Float]

    /// Opens the base.
    ///
    /// - Throws: what opening a model throws, for a missing or damaged file or an unsupported architecture; `InferenceError`
    ///   for one whose logits are no numbers.
    init(
        base path: String, template: String?, pool: ThreadPool, store: ContentStore, tasks: [TaskDefinition],
        threshold: Double?, warn: @escaping @Sendable (String) -> Void
    ) throws {
        let checkpoint = try Checkpoint(path: path, template: template)
        let name = URL(fileURLWithPath: path).deletingPathExtension().lastPathComponent
        base = try ServedVersion(
            name: name, record: nil, artifact: try ContentDigest(ofFile: path), base: try checkpoint.digest(),
            engine: try InferenceEngine(checkpoint: checkpoint, pool: pool), adapter: nil,
            encoder: try PromptEncoder(checkpoint), task: nil)
        do {
            baseLogits = try base.engine.probe()
        } catch let error as InferenceError {
            throw ServingError("\(path) cannot be served: \(error.description)", hint: error.hint)
        }
        for warning in base.warnings { warn("\(path): \(warning)") }
        self.pool = pool
        self.store = store
        self.tasks = ServedTasks(given: tasks, store: store, warn: warn)
        self.threshold = threshold
        self.warn = warn
    }

    /// Loads a registered version: verifies the stored file's digest, the base's digest and every tensor's place and
    /// shape, finds the task that it answers, then probes that it changes what the base says.
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
                hint: "retort-registry register \(record.name) --base-digest \(base.base)")
        }
        for named in [bound, record.base ?? bound] where named != base.base {
            throw ServingError(
                "it was made for the base \(named), expected the base \(base.base), which is served here",
                hint: "serve the base that it was trained on, or train an adapter on this one")
        }
        try base.engine.checkpoint.checkTemplate(of: adapter, name: record.reference)
        let loaded = try base.engine.load(adapter, name: record.reference)
        // An adapter that changes nothing was not trained or was not applied.
        guard try base.engine.probe(adapter: loaded) != baseLogits else {
            throw ServingError("it changes no logit of the base, expected an adapter that was trained")
        }
        return try version(record, base.base, base.engine, loaded, base.encoder)
    }

    /// A merged model, or another base, with an engine of its own.
    private func model(_ record: RegistryVersion, _ path: String) throws -> ServedVersion {
        let checkpoint = try Checkpoint(path: path)
        let engine = try InferenceEngine(checkpoint: checkpoint, pool: pool)
        _ = try engine.probe()
        return try version(record, try checkpoint.digest(), engine, nil, try PromptEncoder(checkpoint))
    }

    private func version(
        _ record: RegistryVersion, _ base: ContentDigest, _ engine: InferenceEngine, _ adapter: LoadedAdapter?,
        _ encoder: PromptEncoder
    ) throws -> ServedVersion {
        let responder = try tasks.task(of: record).map { task in
            try TaskResponder(
                task: task, engine: engine, adapter: adapter, encoder: encoder, threshold: threshold,
                at: LocalTime(Date()))
        }
        let version = try ServedVersion(
            name: record.name, record: record, artifact: record.artifact, base: base, engine: engine,
            adapter: adapter, encoder: encoder, task: responder)
        if adapter == nil { for warning in version.warnings { warn("\(record.reference): \(warning)") } }
        return version
    }
}
