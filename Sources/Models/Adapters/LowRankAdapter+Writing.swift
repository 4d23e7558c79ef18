public import Foundation
import GGUF
import Storage

extension LowRankAdapter {
    /// Writes llama.cpp's GGUF form, F32, `Documentation/Formats/Adapter.md`. The same adapter gives the same bytes.
    ///
    /// The form has one alpha: where a pair's scale is not alpha / rank, the ratio goes into its B. Whole tensors, which
    /// are the base's, stay behind.
    ///
    /// - Throws: ``AdapterError`` for a number that is infinite or not a number.
    public func write(to path: String) throws {
        try GGUFError.naming(path) { try AtomicFile.write(to: path) { try write(to: $0) } }
    }

    /// Writes the same into a file that is open.
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
            var pair = pair
            let ratio = pair.scale / LowRankAdapter.scale(alpha: alpha, rank: pair.rank)
            // A last digit lost in alpha is no reason to touch the numbers.
            if abs(ratio - 1) > 1e-6 { pair.b = pair.b.map { $0 * ratio } }
            try pair.checkNumbers(of: name)
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
