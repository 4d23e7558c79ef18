import Foundation
import GGUF
import Storage

/// The recorded references beside the checkout; tests that need them are skipped where they are not there.
enum Fixtures {
    static let shared = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared")
    static var arePresent: Bool { FileManager.default.fileExists(atPath: shared.path) }
    static func path(_ name: String) -> String { shared.appending(path: "fixtures/\(name)").path }
    static func model(_ name: String) -> String { path("models/\(name).gguf") }

    /// The bundled base.
    static let base = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "Models/retort-base-6m-f16.gguf").path
}

/// Calls `body` with the path of a folder that is gone afterwards.
func withScratchFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "/checkpoints-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
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
