import Adapters
import Architectures
import Checkpoints
import Foundation
public import Storage

/// An adapter made ready for one base: applied beside the base's matrices at run time, never merged.
///
/// Several can be loaded on one engine at once; requests with different ones may share a batch.
public final class LoadedAdapter: Sendable {
    /// The digest of what the adapter does: its pairs and their scales. Prefixes are cached under it.
    public let digest: ContentDigest
    /// By layer, then by projection.
    let layers: [[MatrixRole: LowRankUpdate]]
    /// Of `token_embd.weight`: A is `[rank, hidden]`, B a row for each token.
    let embedding: LowRankUpdate?
    /// Of `output.weight`.
    let output: LowRankUpdate?

    /// - Parameter scale: multiplies the adapter's own scales; 1 as it was trained.
    init(_ adapter: LowRankAdapter, scale: Float, checkpoint: Checkpoint, name: String) throws {
        try checkpoint.validate(adapter, name: name)
        guard scale.isFinite else { throw InferenceError("adapter scale: \(scale), expected a finite number") }
        let architecture = checkpoint.architecture
        var pending = adapter.tensors
        layers = (0..<architecture.layerCount).map { layer in
            var updates: [MatrixRole: LowRankUpdate] = [:]
            for matrix in architecture.layerMatrices {
                let name = matrix.role.weightName(layer: layer)
                guard let pair = pending.removeValue(forKey: name) else { continue }
                for part in architecture.parts(of: matrix.role) {
                    updates[part.role] = LowRankUpdate(pair, rows: part.rows, scale: scale)
                }
            }
            return updates
        }
        embedding = pending.removeValue(forKey: DecoderArchitecture.tokenEmbeddingName).map {
            LowRankUpdate($0, rows: 0..<$0.outputs, scale: scale)
        }
        output = pending.removeValue(forKey: architecture.outputName).map {
            LowRankUpdate($0, rows: 0..<$0.outputs, scale: scale)
        }
        if let left = pending.keys.sorted().first {
            throw AdapterError("\(name): \(left): expected a matrix that an adapter can change")
        }
        digest = LoadedAdapter.digest(of: adapter, scale: scale)
    }

    private static func digest(of adapter: LowRankAdapter, scale: Float) -> ContentDigest {
        var accumulator = ContentDigest.Accumulator()
        for (name, pair) in adapter.tensors.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            accumulator.update("\(name)\t\(pair.rank)\t\((scale * pair.scale).bitPattern)\n")
            pair.a.withUnsafeBytes { accumulator.update($0) }
            pair.b.withUnsafeBytes { accumulator.update($0) }
        }
        return accumulator.finish()
    }
}

/// `y += scale · (x · Aᵀ) · Bᵀ`, for some rows of a matrix.
struct LowRankUpdate: Sendable {
    let rank: Int
    let inputs: Int
    let outputs: Int
    /// `[rank, inputs]`
    let a: [Float]
    /// Turned, `[rank, outputs]`.
    let b: [Float]
    let scale: Float

    init(_ pair: LowRankPair, rows: Range<Int>, scale: Float) {
        rank = pair.rank
        inputs = pair.inputs
        outputs = rows.count
        a = pair.a
        b = (0..<pair.rank * rows.count).map { index in
            let (component, row) = index.quotientAndRemainder(dividingBy: rows.count)
            return pair.b[(rows.lowerBound + row) * pair.rank + component]
        }
        self.scale = scale * pair.scale
    }
}
