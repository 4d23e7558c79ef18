import Foundation
import Storage

/// A folder of its own for one test.
struct ScratchFolder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/storage-\(UUID().uuidString)"
        try AtomicFile.makeDirectory(path)
    }

    func file(_ name: String) -> String { "\(path)/\(name)" }
    var names: [String] { get throws { try FileManager.default.contentsOfDirectory(atPath: path).sorted() } }
}
