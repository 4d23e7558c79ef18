import Foundation
import Storage

/// The digest of a file, or of a folder's files with their names.
enum PathDigest {
    /// - Throws: a ``StorageError`` that names the path if it is missing or unreadable.
    static func of(_ path: String) throws -> ContentDigest {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else {
            throw StorageError(.input, "\(path): no such file or folder")
        }
        guard isDirectory.boolValue else { return try ContentDigest(ofFile: path) }
        var accumulator = ContentDigest.Accumulator()
        for name in try FileManager.default.subpathsOfDirectory(atPath: path).sorted() {
            let file = "\(path)/\(name)"
            guard FileManager.default.fileExists(atPath: file, isDirectory: &isDirectory), !isDirectory.boolValue else {
                continue
            }
            accumulator.update("\(name)\0\(try ContentDigest(ofFile: file))\n")
        }
        return accumulator.finish()
    }
}
