import Foundation
import GGUF
import Storage
import TestSupport

extension Fixtures {
    static func model(_ name: String) -> String { path("models/\(name).gguf") }
}

/// Copies a GGUF file with other metadata and other tensors.
func rewrite(
    _ source: String, to path: String, metadata change: (inout GGUFMetadata) -> Void = { _ in },
    tensors select: (GGUFTensorInfo) throws -> GGUFTensorInfo? = { $0 }
) throws {
    let file = try GGUFFile(path: source)
    var header = file.metadata
    change(&header)
    var origins: [String: GGUFTensorInfo] = [:]
    let infos = try file.tensors.compactMap { tensor in
        let kept = try select(tensor)
        if let kept { origins[kept.name] = tensor }
        return kept
    }
    let writer = try GGUFWriter(metadata: header, tensors: infos)
    try AtomicFile.write(to: path) { handle in
        try writer.write(to: handle) { info, put in
            guard let origin = origins[info.name] else { return }
            try put(UnsafeRawBufferPointer(rebasing: file.bytes(of: origin)[..<info.byteCount]))
        }
    }
}
