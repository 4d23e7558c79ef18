public import Foundation
public import Storage

/// A request to register an artifact: files and digests as they were given.
public struct Registration: Sendable {
    /// A digest, or what stands for one: a file's own `digest` if it is a manifest, else that of its bytes.
    public enum Source: Sendable {
        case digest(ContentDigest)
        case file(String)
        /// Bytes that are kept in the content store under their digest, as a task's canonical JSON.
        case content(Data)

        /// Reads a digest as it is written, or takes the text for a path.
        public init(_ text: String) { self = ContentDigest(text).map(Source.digest) ?? .file(text) }
    }

    public var name: String
    /// The path of the artifact's file.
    public var artifact: String
    /// What the file was made from without a choice: the digest of PEFT's folder that became a GGUF file.
    public var source: ContentDigest?
    public var kind = ArtifactKind.adapter
    /// The path of the base's file.
    public var baseFile: String?
    /// The digest of the base's tensors; taken from the evaluation report where it is not given.
    public var base: ContentDigest?
    /// The dataset version; the one that the evaluation report names where it is not given.
    public var dataset: Source?
    /// The task that the version answers. ``Source/content(_:)`` with the task's canonical JSON makes the version whole:
    /// a server then needs no `task.yaml` beside it. The evaluation report brings its own.
    public var task: Source?
    public var recipe: Source?
    /// The path of the evaluation report.
    public var evaluation: String?
    public var note: String?
    public var by: String

    public init(name: String, artifact: String, by: String) {
        self.name = name
        self.artifact = artifact
        self.by = by
    }
}
