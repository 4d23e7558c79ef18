public import Adapters
import Foundation
import GGUF
import Quantization
import Storage

extension Checkpoint {
    /// The type of the matrices of a model that was trained; vectors are always float32.
    public enum WeightType: String, Sendable, CaseIterable {
        case f32, f16

        var type: GGMLType { self == .f32 ? .f32 : .f16 }
        var fileType: FileType { self == .f32 ? .f32 : .f16 }
    }

    /// Writes this model with other weights, and says where they came from.
    ///
    /// Metadata and tensors that no pass reads stay as they are.
    ///
    /// - Parameter weights: the numbers of a tensor by its name, rows one after the other; nil for those of this file.
    /// - Throws: ``CheckpointError`` for a number that the type cannot hold.
    public func write(
        type: WeightType, lineage: AdapterLineage, to path: String, weights: (String) -> UnsafeBufferPointer<Float>?
    ) throws {
        try GGUFError.naming(path) {
            try AtomicFile.write(to: path) { try write(type: type, lineage: lineage, to: $0, weights: weights) }
        }
    }

    private func write(
        type: WeightType, lineage: AdapterLineage, to handle: FileHandle,
        weights: (String) -> UnsafeBufferPointer<Float>?
    ) throws {
        var metadata = GGUFMetadata()
        for (key, value) in file.metadata.pairs where !key.hasPrefix("split.") { metadata.set(key, value) }
        metadata.set("general.file_type", .uint32(type.fileType.rawValue))
        metadata.describe(lineage)
        metadata.set(LowRankAdapter.baseDigestKey, try digest().description)
        let tensors = try file.tensors.map { tensor in
            guard weights(tensor.name) != nil else { return tensor }
            return try GGUFTensorInfo(
                name: tensor.name, type: tensor.dimensions.count > 1 ? type.type : .f32, dimensions: tensor.dimensions)
        }
        let writer = try GGUFWriter(metadata: metadata, tensors: tensors)
        try writer.write(to: handle) { tensor, put in
            guard let numbers = weights(tensor.name), let source = numbers.baseAddress else {
                guard let own = file.tensor(tensor.name) else { return }
                return try put(file.bytes(of: own))
            }
            let columns = tensor.dimensions[0]
            let rows = numbers.count / columns
            let largest: Float = tensor.type == .f16 ? 65504 : .greatestFiniteMagnitude
            guard numbers.allSatisfy({ abs($0) <= largest }) else {
                throw CheckpointError(
                    "tensor \(tensor.name): a number that \(tensor.type.name) cannot hold, expected \(largest) at most")
            }
            var bytes = [UInt8](repeating: 0, count: tensor.byteCount)
            try bytes.withUnsafeMutableBytes { target in
                guard let base = target.baseAddress else { return }
                try Quantizer.quantize(tensor.type, from: source, to: base, rows: rows, columns: columns)
            }
            try bytes.withUnsafeBytes { try put($0) }
        }
    }
}
