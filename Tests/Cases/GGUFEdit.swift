import Foundation
import GGUF
import Storage

/// Copies a GGUF file with other metadata, and other bytes in some tensors.
func editGGUF(
    _ source: String, to path: String, metadata change: (inout GGUFMetadata) throws -> Void = { _ in },
    tensors edit: [String: (inout [UInt8]) -> Void] = [:]
) throws {
    let file = try GGUFFile(path: source)
    var header = file.metadata
    try change(&header)
    let writer = try GGUFWriter(metadata: header, tensors: file.tensors)
    try AtomicFile.write(to: path) { handle in
        try writer.write(to: handle) { tensor, put in
            var bytes = [UInt8](file.bytes(of: tensor))
            edit[tensor.name]?(&bytes)
            try bytes.withUnsafeBytes { try put($0) }
        }
    }
}
