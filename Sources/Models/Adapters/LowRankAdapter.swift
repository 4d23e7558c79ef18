public import GGUF
public import Storage

/// A LoRA adapter: updates of low rank for some matrices of one base.
public struct LowRankAdapter: Sendable {
    /// The base's architecture, as in `general.architecture`.
    public var architecture: String
    /// The numerator of every pair's scale; 0 means that pairs are not scaled.
    public var alpha: Float
    /// The digest of the tensors of the base that it was made for, where it is known.
    public var baseDigest: ContentDigest?
    /// The updates by the name of the base's tensor: `blk.0.attn_q.weight`.
    ///
    /// The embedding matrix is no exception here: its pair has the shape of any other, whatever way round a file
    /// has it.
    public var tensors: [String: LowRankPair]
    /// What the file has whole, by the name of the base's tensor: nothing where it is the base's, else no adapter for it.
    public var wholeTensors: [String: WholeTensor] = [:]
    /// Everything that the file says beside the keys that the other properties stand for: names, licence, lineage.
    public var metadata: GGUFMetadata

    /// The metadata key of ``baseDigest``.
    public static let baseDigestKey = "retort.base.digest"

    public init(
        architecture: String, alpha: Float, baseDigest: ContentDigest?, tensors: [String: LowRankPair],
        metadata: GGUFMetadata = GGUFMetadata()
    ) {
        self.architecture = architecture
        self.alpha = alpha
        self.baseDigest = baseDigest
        self.tensors = tensors
        self.metadata = metadata
    }

    /// What the file calls the base that it was made for, where it says: a name is no proof.
    public var baseName: String? {
        guard let name = metadata["general.base_model.0.name"]?.string, !name.isEmpty else { return nil }
        return name
    }

    /// How many numbers can be trained.
    public var parameterCount: Int { tensors.values.reduce(0) { $0 + $1.a.count + $1.b.count } }

    /// The scale of a pair of some rank.
    public static func scale(alpha: Float, rank: Int) -> Float { alpha == 0 ? 1 : alpha / Float(rank) }

    /// The alpha of the one-alpha form that fits most pairs as they are; the writer folds the others' scales into B.
    ///
    /// - Parameter preferred: taken where no other fits more.
    public static func commonAlpha(_ pairs: some Sequence<(rank: Int, scale: Float)>, preferred: Float) -> Float {
        var votes: [Float: Int] = [preferred: 0]
        for (rank, scale) in pairs {
            let alpha = scale * Float(rank)
            // A last digit lost on the way is no other alpha.
            votes[abs(alpha / preferred - 1) < 1e-6 ? preferred : alpha, default: 0] += 1
        }
        let most = votes.values.max() ?? 0
        if votes[preferred] == most { return preferred }
        return votes.filter { $0.value == most }.keys.min() ?? preferred
    }
}
