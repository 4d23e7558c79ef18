import Foundation
import GGUF

/// A file that is removed when the test is done with it.
final class ScratchFile {
    let path: String

    init() { path = FileManager.default.temporaryDirectory.appending(path: "retort-gguf-\(UUID().uuidString)").path }

    convenience init(_ bytes: [UInt8]) throws {
        self.init()
        try Data(bytes).write(to: URL(filePath: path))
    }

    deinit { unlink(path) }

    var bytes: [UInt8] { get throws { [UInt8](try Data(contentsOf: URL(filePath: path))) } }

    /// Writes with `writer`; every tensor's bytes count up from its index.
    func write(_ writer: GGUFWriter) throws {
        let handle = try open()
        try writer.write(to: handle) { tensor, put in
            let first = UInt8(writer.tensors.firstIndex(of: tensor) ?? 0)
            try (0..<tensor.byteCount).map { first &+ UInt8(truncatingIfNeeded: $0) }.withUnsafeBytes { try put($0) }
        }
        try handle.close()
    }

    func open() throws -> FileHandle {
        try Data().write(to: URL(filePath: path))
        return try FileHandle(forWritingTo: URL(filePath: path))
    }
}
