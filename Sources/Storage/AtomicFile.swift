public import Foundation
import Glibc

/// Files that appear whole or not at all: written under a temporary name, synced, renamed.
public enum AtomicFile {
    /// Writes a file through a handle; on any error the target is untouched and the temporary file is gone.
    ///
    /// - Throws: what `body` throws, or a ``StorageError`` that names the path when the device refuses.
    public static func write<Result>(to path: String, _ body: (FileHandle) throws -> Result) throws -> Result {
        let directory = (path as NSString).deletingLastPathComponent
        if !directory.isEmpty { try makeDirectory(directory) }
        let temporary = "\(path).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).partial"
        let descriptor = open(temporary, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StorageError(.device, "cannot write \(path): \(StorageError.systemReason())")
        }
        let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
        do {
            let result = try body(handle)
            guard fsync(descriptor) == 0 else { throw StorageError(.device, StorageError.systemReason()) }
            try handle.close()
            guard rename(temporary, path) == 0 else { throw StorageError(.device, StorageError.systemReason()) }
            synchronize(directory: directory.isEmpty ? "." : directory)
            return result
        } catch let error as StorageError where error.kind == .device {
            unlink(temporary)
            throw StorageError(
                .device, "cannot write \(path): \(error.description)", hint: "free some space and run it again")
        } catch {
            unlink(temporary)
            throw error
        }
    }

    /// Writes bytes that are already in memory.
    public static func write(_ bytes: some Sequence<UInt8>, to path: String) throws {
        try write(to: path) { try $0.writeAll(bytes) }
    }

    /// Writes a text as UTF-8.
    public static func write(_ text: String, to path: String) throws { try write(text.utf8, to: path) }

    /// Gives a file a second name, in place of what bore it; a copy where the file system has no second names.
    public static func link(_ path: String, as other: String) throws {
        let temporary = "\(other).\(getpid()).\(UInt32.random(in: 0...UInt32.max)).partial"
        if Glibc.link(path, temporary) == 0 {
            // Of two names of one file, rename would leave both.
            guard rename(temporary, other) == 0 else {
                let reason = StorageError.systemReason()
                unlink(temporary)
                throw StorageError(.device, "cannot write \(other): \(reason)")
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
    public static func makeDirectory(_ path: String) throws {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            throw StorageError(.device, "cannot make the directory \(path): \(StorageError.systemReason())")
        }
    }

    /// A rename is durable once its directory is; a file system that cannot sync a directory loses nothing else.
    private static func synchronize(directory: String) {
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }
}
