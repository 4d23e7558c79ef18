public import Foundation
import Glibc

/// Files that appear whole or not at all: written under a temporary name, synced, renamed.
public enum AtomicFile {
    /// Writes a file through a handle; on any error the target is untouched and the temporary file is gone.
    ///
    /// - Parameter isPrivate: whether nobody but the user may read it, as is right for what people wrote to a model.
    /// - Throws: what `body` throws, or a ``StorageError`` that names the path when the device refuses.
    public static func write<Result>(
        to path: String, isPrivate: Bool = false, _ body: (FileHandle) throws -> Result
    ) throws -> Result {
        try check(path)
        let directory = PathName.folder(of: path)
        try makeDirectory(directory)
        TemporaryName.sweep(directory)
        let (temporary, descriptor) = try create(for: path, isPrivate ? 0o600 : 0o644)
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            let result = try body(handle)
            guard fsync(descriptor) == 0 else { throw StorageError.device("cannot write") }
            guard rename(temporary, path) == 0 else { throw StorageError.device("cannot write") }
            try handle.close()
            synchronize(directory: directory)
            return result
        } catch let error as StorageError where error.kind == .device {
            unlink(temporary)
            throw StorageError(.device, "cannot write \(path): \(error.description)", hint: error.hint)
        } catch {
            unlink(temporary)
            throw error
        }
    }

    private static func create(for path: String, _ permissions: mode_t) throws -> (path: String, descriptor: Int32) {
        while true {
            let temporary = TemporaryName.beside(path)
            let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, permissions)
            guard descriptor >= 0 else { throw StorageError.device("cannot write \(path)") }
            if TemporaryName.hold(descriptor) { return (temporary, descriptor) }
            close(descriptor)
        }
    }

    /// Checks that a file can be written, as far as that can be known: what long work asks before it begins.
    ///
    /// A file takes the place of a file. In the place of a device it would be lost to everybody who uses the device.
    ///
    /// - Throws: ``StorageError`` for a folder or a device in the file's place, or a folder that takes no files.
    public static func check(_ path: String) throws {
        guard !path.isEmpty else { throw StorageError(.device, "cannot write '': no path, expected one") }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT != S_IFREG {
            let kind = status.st_mode & S_IFMT == S_IFDIR ? "it is a directory" : "it is a device or a pipe"
            throw StorageError(.device, "cannot write \(path): \(kind), expected a file")
        }
        // Folders that are not there yet are made in the last one that is.
        var directory = PathName.folder(of: path)
        while stat(directory, &status) != 0, errno == ENOENT, directory != PathName.folder(of: directory) {
            directory = PathName.folder(of: directory)
        }
        var reason = access(directory, W_OK | X_OK) == 0 ? 0 : errno
        if stat(directory, &status) == 0, status.st_mode & S_IFMT != S_IFDIR { reason = ENOTDIR }
        guard reason == 0 else { throw StorageError.device("cannot write \(path)", reason) }
    }

    /// Writes bytes that are already in memory.
    public static func write(_ bytes: some Sequence<UInt8>, to path: String, isPrivate: Bool = false) throws {
        try write(to: path, isPrivate: isPrivate) { try $0.writeAll(bytes) }
    }

    /// Writes a text as UTF-8.
    public static func write(_ text: String, to path: String, isPrivate: Bool = false) throws {
        try write(text.utf8, to: path, isPrivate: isPrivate)
    }

    /// Gives a file a second name, in place of what bore it; a copy where the file system has no second names.
    public static func link(_ path: String, as other: String) throws {
        let temporary = TemporaryName.beside(other)
        // Held, so that nobody takes the second name for one that was left behind.
        let held = open(path, O_RDONLY | O_CLOEXEC)
        defer { if held >= 0 { close(held) } }
        if held >= 0 { _ = flock(held, LOCK_SH | LOCK_NB) }
        if Glibc.link(path, temporary) == 0 {
            // Of two names of one file, rename would leave both.
            guard rename(temporary, other) == 0 else {
                let error = StorageError.device("cannot write \(other)")
                unlink(temporary)
                throw error
            }
            unlink(temporary)
            return
        }
        let source = try FileHandle(readingFrom: path)
        defer { try? source.close() }
        try write(to: other) { target in
            while let bytes = try source.read(upToCount: 1 << 20), !bytes.isEmpty { try target.writeAll(bytes) }
        }
    }

    /// Makes a directory and its parents, unless they are there.
    ///
    /// - Parameter isPrivate: whether nobody but the user may look into those that are made.
    public static func makeDirectory(_ path: String, isPrivate: Bool = false) throws {
        let permissions: mode_t = isPrivate ? 0o700 : 0o777
        if mkdir(path, permissions) == 0 { return }
        var reason = errno
        let parent = PathName.folder(of: path)
        if reason == ENOENT, parent != path, !path.isEmpty {
            try makeDirectory(parent, isPrivate: isPrivate)
            if mkdir(path, permissions) == 0 { return }
            reason = errno
        }
        var status = stat()
        if stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFDIR { return }
        let name = path.isEmpty ? "''" : path
        throw StorageError.device("cannot make the directory \(name)", reason == EEXIST ? ENOTDIR : reason)
    }

    /// A rename is durable once its directory is; a file system that cannot sync a directory loses nothing else.
    private static func synchronize(directory: String) {
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }
}
