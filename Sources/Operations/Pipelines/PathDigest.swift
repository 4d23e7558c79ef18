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
        for name in try names(in: path, below: [realPath(path)]).sorted() {
            let file = "\(path)/\(name)"
            guard isFile(file) else { continue }
            accumulator.update("\(name)\0\(try ContentDigest(ofFile: file))\n")
        }
        return accumulator.finish()
    }

    /// Everything below a folder, through links to folders too: a stage that reads the folder reads what they lead to.
    ///
    /// - Parameter folders: where the folder itself lies and what is above it on the way, by which a link that leads back
    ///   is known.
    private static func names(in folder: String, below folders: Set<String>) throws -> [String] {
        try FileManager.default.subpathsOfDirectory(atPath: folder).flatMap { name -> [String] in
            let place = "\(folder)/\(name)"
            let real = realPath(place)
            var isDirectory: ObjCBool = false
            guard isLink(place), FileManager.default.fileExists(atPath: place, isDirectory: &isDirectory),
                isDirectory.boolValue, !folders.contains(where: { $0 == real || $0.hasPrefix(real + "/") })
            else { return [name] }
            return try names(in: real, below: folders.union([real])).map { "\(name)/\($0)" }
        }
    }

    private static func isLink(_ path: String) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: path))?[.type] as? FileAttributeType == .typeSymbolicLink
    }

    private static func realPath(_ path: String) -> String { URL(filePath: path).resolvingSymlinksInPath().path }

    /// Whether a path leads to a file that ends: reading a pipe waits for its writer.
    private static func isFile(_ path: String) -> Bool {
        (try? FileManager.default.attributesOfItem(atPath: realPath(path)))?[.type] as? FileAttributeType
            == .typeRegular
    }
}
