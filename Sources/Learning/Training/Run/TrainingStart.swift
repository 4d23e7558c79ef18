public import Adapters
public import Checkpoints
public import Storage

/// The adapter that a run begins from instead of one that changes nothing.
public struct TrainingStart: Sendable {
    public var adapter: LowRankAdapter
    public var digest: ContentDigest
    /// What messages call it.
    public var path: String

    /// Reads an adapter for a base: a GGUF file, or PEFT's folder.
    ///
    /// - Throws: what reading it throws; `AdapterError` if it was made for another base, with the digests of both.
    public init(path: String, for checkpoint: Checkpoint) throws {
        adapter = try checkpoint.adapter(at: path)
        digest = try LowRankAdapter.digest(ofFileAt: path)
        self.path = path
    }
}
