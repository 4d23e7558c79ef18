public import Foundation
import GGUF

extension ImportanceMatrix {
    /// Writes llama.cpp's GGUF form, matrices in the order of their names, as `llama-imatrix` does.
    ///
    /// - Throws: `GGUFError` for a matrix whose name leaves no room for the form's suffixes, or where the device refuses.
    public func write(to handle: FileHandle) throws {
        var metadata = GGUFMetadata()
        metadata.set("general.type", "imatrix")
        metadata.set("imatrix.datasets", .array(GGUFArray(datasets)))
        metadata.set("imatrix.chunk_count", .uint32(UInt32(clamping: chunkCount)))
        metadata.set("imatrix.chunk_size", .uint32(UInt32(clamping: chunkSize)))
        var tensors: [GGUFTensorInfo] = []
        var data: [String: [Float]] = [:]
        for (name, entry) in entries.sorted(by: { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }) {
            let experts = entry.counts.count
            for (suffix, values) in [(Self.sumsSuffix, entry.sums), (Self.countsSuffix, entry.counts.map(Float.init))] {
                tensors.append(
                    try GGUFTensorInfo(name: name + suffix, type: .f32, dimensions: [values.count / experts, experts]))
                data[name + suffix] = values
            }
        }
        try GGUFWriter(metadata: metadata, tensors: tensors).write(to: handle) { tensor, put in
            try (data[tensor.name] ?? []).withUnsafeBytes { try put($0) }
        }
    }
}
