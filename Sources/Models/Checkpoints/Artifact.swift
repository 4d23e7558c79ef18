public import Adapters
import GGUF
public import Storage

/// What is evaluated and served: a base, a base with an adapter, or a model that an adapter was merged into.
public struct Artifact: Sendable {
    public enum Kind: String, Sendable, Hashable, Codable {
        case base, adapter, merged
    }

    public var kind: Kind
    public var checkpoint: Checkpoint
    /// The adapter of an artifact of kind ``Kind/adapter``.
    public var adapter: LowRankAdapter?
    /// The digest of the file that makes the artifact what it is: the adapter's, otherwise the model's.
    public var digest: ContentDigest
    /// The digest of the base's tensors; of a merged model, its own.
    public var baseDigest: ContentDigest

    /// The digest of the file of rows that the adapter was trained on, where it says.
    public var trainedOn: ContentDigest? {
        adapter?.metadata["retort.dataset.digest"]?.string.flatMap { ContentDigest($0) }
    }

    /// The metadata key by which a merged model names the adapter that was merged into it.
    public static let mergedAdapterKey = "retort.adapter.digest"

    /// What an artifact on disk is, found by reading its header; PEFT's folder is an adapter.
    ///
    /// - Throws: `GGUFError` for a file of another form, which says what it seems to be.
    public static func kind(ofFileAt path: String) throws -> Kind {
        guard !LowRankAdapter.isPEFT(path) else { return .adapter }
        let metadata = try GGUFFile(path: path).metadata
        if try metadata.optionalString("general.type") == "adapter" { return .adapter }
        return try kind(ofModel: metadata)
    }

    private static func kind(ofModel metadata: GGUFMetadata) throws -> Kind {
        try metadata.optionalString(mergedAdapterKey) == nil ? .base : .merged
    }

    /// Opens a model and, where one is given, the adapter on it.
    ///
    /// - Parameter template: a chat template in place of the model's own, as ``Checkpoint/init(path:template:)`` has it.
    /// - Throws: what opening either throws; ``AdapterError`` if the adapter is not one for this base.
    public init(model: String, adapter adapterPath: String? = nil, template: String? = nil) throws {
        try self.init(checkpoint: Checkpoint(path: model, template: template), adapter: adapterPath)
    }

    /// An artifact on a model that is already open.
    public init(checkpoint: Checkpoint, adapter adapterPath: String? = nil) throws {
        self.checkpoint = checkpoint
        baseDigest = try checkpoint.digest()
        if let adapterPath {
            let adapter = try checkpoint.adapter(at: adapterPath)
            try checkpoint.checkTemplate(of: adapter, name: adapterPath)
            self.adapter = adapter
            kind = .adapter
            digest = try LowRankAdapter.digest(ofFileAt: adapterPath)
        } else {
            kind = try Artifact.kind(ofModel: checkpoint.file.metadata)
            digest = try ContentDigest(ofFile: checkpoint.path)
        }
    }
}
