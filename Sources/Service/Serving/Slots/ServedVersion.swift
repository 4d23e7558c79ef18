import Answering
import Architectures
import Checkpoints
import Inference
import JSON
import Registry
import Storage
import Tasks
import Tokenizers

/// One loaded and verified version, whole and immutable: whoever holds it answers with exactly this one.
final class ServedVersion: Sendable {
    /// The registered name, or the base's.
    let name: String
    /// Nil for the base.
    let record: RegistryVersion?
    /// The digest of the file that answers.
    let artifact: ContentDigest
    /// The digest of the tensors that an adapter changes; of a whole model, its own.
    let base: ContentDigest
    let engine: InferenceEngine
    let adapter: LoadedAdapter?
    let encoder: PromptEncoder
    /// How it answers its own task; nil for one without a task, and the base.
    let task: TaskResponder?
    /// The task's digest, taken once: every decision names it.
    let taskDigest: ContentDigest?
    /// What the labels of that task depend on.
    let labelTaskDigest: ContentDigest?
    /// The digest of the chat template's text, where there is one.
    let template: ContentDigest?
    /// A text of more bytes than this is longer than the context, whatever it says; nil where one token may stand for any
    /// number of bytes.
    let mostBytes: Int?

    init(
        name: String, record: RegistryVersion?, artifact: ContentDigest, base: ContentDigest, engine: InferenceEngine,
        adapter: LoadedAdapter?, encoder: PromptEncoder, task: TaskResponder?
    ) throws {
        template = try engine.checkpoint.templateDigest
        mostBytes = encoder.tokenizer.longestToken.map { $0 * engine.checkpoint.architecture.contextLength }
        self.name = name
        self.record = record
        self.artifact = artifact
        self.base = base
        self.engine = engine
        self.adapter = adapter
        self.encoder = encoder
        self.task = task
        taskDigest = task?.task.digest
        labelTaskDigest = task?.task.trainingDigest
    }

    var contextLength: Int { engine.checkpoint.architecture.contextLength }

    /// What the model's file leaves open, so that answers may be other than those of the model it was made from.
    var warnings: [String] { encoder.tokenizer.warnings }

    /// What every response says of who answered.
    var json: JSONObject {
        JSONObject([
            (key: "adapter", value: record.map { .string($0.name) } ?? .null),
            (key: "version", value: record.map { .integer($0.version) } ?? .null),
            (key: "artifact", value: .string(artifact.description)),
        ])
    }
}

extension Tokenizer {
    /// The most bytes that a token stands for; nil where the unknown one may stand for any number.
    fileprivate var longestToken: Int? {
        guard unknown == nil || id(ofPiece: "<0x41>") != nil else { return nil }
        return (0..<vocabularySize).reduce(1) { max($0, piece(TokenID($1)).count) }
    }
}
