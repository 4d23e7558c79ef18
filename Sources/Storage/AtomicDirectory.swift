import Foundation
import Glibc

/// Directories that appear whole or not at all.
public enum AtomicDirectory {
    /// Fills a directory under a temporary name beside `path` and puts it in the place of what is there.
    ///
    /// - Parameter fill: writes files, through ``AtomicFile``, into the directory that it is given.
    /// - Throws: what `fill` throws, or a ``StorageError``; then `path` is as it was.
    public static func replace(_ path: String, _ fill: (_ directory: String) throws -> Void) throws {
        let path = path.hasSuffix("/") ? String(path.dropLast()) : path
        let parent = (path as NSString).deletingLastPathComponent
        if !parent.isEmpty { try AtomicFile.makeDirectory(parent) }
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).partial"
        try AtomicFile.makeDirectory(temporary)
        do {
            try fill(temporary)
            if rename(temporary, path) == 0 { return }
            guard errno == ENOTEMPTY || errno == EEXIST else {
                throw StorageError(.device, "cannot write \(path): \(StorageError.systemReason())")
            }
            // POSIX replaces no directory that holds something. It steps aside first; a process killed between the
            // two renames leaves no directory, which a reader notices, and never a mixture.
            let old = "\(temporary).old"
            guard rename(path, old) == 0, rename(temporary, path) == 0 else {
                let reason = StorageError.systemReason()
                if !FileManager.default.fileExists(atPath: path) { rename(old, path) }
                throw StorageError(.device, "cannot write \(path): \(reason)")
            }
            try? FileManager.default.removeItem(atPath: old)
        } catch {
            try? FileManager.default.removeItem(atPath: temporary)
            throw error
        }
    }
}
