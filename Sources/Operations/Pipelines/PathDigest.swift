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
        guard isDirectory.boolValue else {
            guard isFile(path) else {
                throw StorageError(.input, "\(path): a pipe or a device, expected a file or folder")
            }
            return try ContentDigest(ofFile: path)
        }
        var accumulator = ContentDigest.Accumulator()
        for name in try FileManager.default.subpathsOfDirectory(atPath: path).sorted() {
            let file = "\(path)/\(name)"
            guard isFile(file) else { continue }
            accumulator.update("\(name)\0\(try ContentDigest(ofFile: file))\n")
        }
        return accumulator.finish()
    }

    /// Whether a path leads to a file that ends: reading a pipe waits for its writer.
    private static func isFile(_ path: String) -> Bool {
        let resolved = URL(filePath: path).resolvingSymlinksInPath().path
        return (try? FileManager.default.attributesOfItem(atPath: resolved))?[.type] as? FileAttributeType
            == .typeRegular
    }
}
