import Checkpoints
import Conversations
import Inference
import Registry
import Storage

/// One loaded and verified version, whole and immutable: whoever holds it answers with exactly this one.
final class ServedVersion: Sendable {
    /// The registered name, or the base's.
    let name: String
    /// Nil for the base.
    let record: RegistryVersion?
    /// The digest of the file that answers.
    let artifact: ContentDigest
    let engine: InferenceEngine
    let adapter: LoadedAdapter?
    let encoder: PromptEncoder
    let task: ServedTask?

    init(
        name: String, record: RegistryVersion?, artifact: ContentDigest, engine: InferenceEngine,
        adapter: LoadedAdapter?, encoder: PromptEncoder, task: ServedTask?
    ) {
        self.name = name
        self.record = record
        self.artifact = artifact
        self.engine = engine
        self.adapter = adapter
        self.encoder = encoder
        self.task = task
    }

    var contextLength: Int { engine.checkpoint.architecture.contextLength }

    /// What every response says of who answered.
    var json: JSONObject {
        JSONObject([
            (key: "adapter", value: record.map { .string($0.name) } ?? .null),
            (key: "version", value: record.map { .integer($0.version) } ?? .null),
            (key: "artifact", value: .string(artifact.description)),
        ])
    }
}
