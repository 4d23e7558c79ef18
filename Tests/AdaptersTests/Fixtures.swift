import Adapters
import Foundation
import GGUF
import Storage

/// Writes a GGUF file of F32 tensors.
func writeGGUF(
    _ path: String, _ metadata: [(String, GGUFValue)], _ tensors: [(name: String, dimensions: [Int], data: [Float])]
) throws {
    var header = GGUFMetadata()
    for (key, value) in metadata { header.set(key, value) }
    let infos = try tensors.map { try GGUFTensorInfo(name: $0.name, type: .f32, dimensions: $0.dimensions) }
    let writer = try GGUFWriter(metadata: header, tensors: infos)
    let data = Dictionary(uniqueKeysWithValues: tensors.map { ($0.name, $0.data) })
    try AtomicFile.write(to: path) { handle in
        try writer.write(to: handle) { info, put in try (data[info.name] ?? []).withUnsafeBytes { try put($0) } }
    }
}
