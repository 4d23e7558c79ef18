public import Foundation
import GGUF
import Storage

extension LowRankAdapter {
    /// Writes llama.cpp's GGUF form, F32, `Documentation/Formats/Adapter.md`. The same adapter gives the same bytes.
    ///
    /// - Throws: ``AdapterError`` if the pairs' scales are not alpha / rank, which the form cannot say.
    public func write(to handle: FileHandle) throws {
        var header = GGUFMetadata()
        header.set("general.type", "adapter")
        header.set("general.architecture", architecture)
        header.set("adapter.type", "lora")
        header.set("adapter.lora.alpha", .float32(alpha))
        if let baseDigest { header.set(LowRankAdapter.baseDigestKey, baseDigest.description) }
        for (key, value) in metadata.pairs where !LowRankAdapter.ownKeys.contains(key) { header.set(key, value) }
        var factors: [(info: GGUFTensorInfo, numbers: [Float])] = []
        for (name, pair) in tensors.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            let expected = LowRankAdapter.scale(alpha: alpha, rank: pair.rank)
            guard abs(pair.scale - expected) <= 1e-6 * abs(expected) else {
                throw AdapterError("\(name): scale \(pair.scale), expected alpha / rank = \(expected)")
            }
            factors += try LowRankAdapter.factors(name, pair)
        }
        let numbers = Dictionary(uniqueKeysWithValues: factors.map { ($0.info.name, $0.numbers) })
        let writer = try GGUFWriter(metadata: header, tensors: factors.map(\.info))
        try writer.write(to: handle) { tensor, put in
            try (numbers[tensor.name] ?? []).withUnsafeBytes { try put($0) }
        }
    }

    private static func factors(_ name: String, _ pair: LowRankPair) throws -> [(GGUFTensorInfo, [Float])] {
        if name == flippedTensor {
            let a = transposed(pair.a, rows: pair.rank, columns: pair.inputs)
            return [
                (
                    try GGUFTensorInfo(name: "\(name).lora_a", type: .f32, dimensions: [pair.rank, pair.outputs]),
                    pair.b
                ),
                (try GGUFTensorInfo(name: "\(name).lora_b", type: .f32, dimensions: [pair.rank, pair.inputs]), a),
            ]
        }
        return [
            (try GGUFTensorInfo(name: "\(name).lora_a", type: .f32, dimensions: [pair.inputs, pair.rank]), pair.a),
            (try GGUFTensorInfo(name: "\(name).lora_b", type: .f32, dimensions: [pair.rank, pair.outputs]), pair.b),
        ]
    }
}
