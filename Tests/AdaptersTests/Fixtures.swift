import Adapters
import Foundation
import GGUF
import Storage

/// The recorded references beside the checkout; tests that need them are skipped where they are not there.
enum Fixtures {
    static let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().appending(path: "shared/fixtures")
    static var arePresent: Bool { FileManager.default.fileExists(atPath: root.path) }
    static func path(_ name: String) -> String { root.appending(path: name).path }
}

/// Calls `body` with the path of a folder that is gone afterwards.
func withScratchFolder<Result>(_ body: (String) throws -> Result) throws -> Result {
    let path = NSTemporaryDirectory() + "/adapters-\(UInt64.random(in: 0...UInt64.max))"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(atPath: path) }
    return try body(path)
}

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
