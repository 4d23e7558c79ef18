import Foundation
import Glibc
import JSON

/// Directories that appear whole or not at all.
public enum AtomicDirectory {
    /// Fills a directory under a temporary name beside `path` and puts it in the place of what is there.
    ///
    /// - Parameters:
    ///   - mark: a file that every such directory has. One without it is somebody else's, and stays.
    ///   - fill: writes files, through ``AtomicFile``, into the directory that it is given.
    /// - Throws: what `fill` throws, or a ``StorageError``; then `path` is as it was.
    public static func replace(
        _ path: String, mark: String, _ fill: (_ directory: String) throws -> Void
    ) throws {
        try check(path, mark: mark)
        let path = path.hasSuffix("/") ? String(path.dropLast()) : path
        let folder = PathName.folder(of: path)
        try AtomicFile.makeDirectory(folder)
        TemporaryName.sweep(folder)
        let (temporary, descriptor) = try create(for: path)
        defer { close(descriptor) }
        do {
            try fill(temporary)
            if rename(temporary, path) == 0 { return }
            guard errno == ENOTEMPTY || errno == EEXIST else {
                throw StorageError.device("cannot write \(path)")
            }
            // POSIX replaces no directory that holds something. It steps aside first; a process killed between the
            // two renames leaves no directory, which a reader notices, and never a mixture.
            let old = "\(temporary).old"
            guard rename(path, old) == 0, rename(temporary, path) == 0 else {
                let error = StorageError.device("cannot write \(path)")
                if !FileManager.default.fileExists(atPath: path) { rename(old, path) }
                throw error
            }
            try? FileManager.default.removeItem(atPath: old)
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
    }

    /// A directory that is locked while it is filled. What it holds is for the user alone: rows of datasets.
    private static func create(for path: String) throws -> (path: String, descriptor: Int32) {
        while true {
            let temporary = TemporaryName.beside(path)
            guard mkdir(temporary, 0o700) == 0 else { throw StorageError.device("cannot write \(path)") }
            let descriptor = open(temporary, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
            if descriptor >= 0, TemporaryName.hold(descriptor) { return (temporary, descriptor) }
            guard descriptor >= 0 || errno == ENOENT else { throw StorageError.device("cannot write \(path)") }
            close(descriptor)
        }
    }

    /// Checks that a directory could be put there: nothing is, or an empty directory, or one with the mark.
    public static func check(_ path: String, mark: String) throws {
        var isDirectory: ObjCBool = false
        guard FileManager.default.fileExists(atPath: path, isDirectory: &isDirectory) else { return }
        guard isDirectory.boolValue else {
            throw StorageError(.device, "cannot write \(path): it is a file, expected a folder")
        }
        let names = try FileManager.default.contentsOfDirectory(atPath: path)
        guard names.isEmpty || names.contains(mark) else {
            throw StorageError(
                .device, "cannot write \(path): it holds other files and no \(mark), expected a new or empty folder",
                hint: "what is in the folder would be lost; give another one")
        }
    }
}
