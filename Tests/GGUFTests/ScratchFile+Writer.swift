import Foundation
import GGUF
import TestSupport

extension ScratchFile {
    /// Writes with `writer`; every tensor's bytes count up from its index.
    func write(_ writer: GGUFWriter) throws {
        let handle = try open()
        try writer.write(to: handle) { tensor, put in
            let first = UInt8(writer.tensors.firstIndex(of: tensor) ?? 0)
            try (0..<tensor.byteCount).map { first &+ UInt8(truncatingIfNeeded: $0) }.withUnsafeBytes { try put($0) }
        }
        try handle.close()
    }
}
