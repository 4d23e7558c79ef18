import Foundation
import Glibc

/// Excludes other processes while it lives: an advisory lock on a file, freed by the system when a process dies.
///
/// It is `flock`, which NFS takes for a lock of the whole file's bytes, so that clients of one server exclude each other
/// as well, where it was mounted without `nolock` or `local_lock`. Of a file system that has no locks the lock is refused.
public final class FileLock: Sendable {
    private let descriptor: Int32
    /// What is removed in the end.
    private let leftover: String?

    /// Takes the lock, or throws ``StorageError/Kind/busy`` at once when another process holds it.
    ///
    /// The file holds the name of its holder and nothing else ever. What stands in its place, a symbolic link above all, is
    /// left alone: writing a name there would cut off somebody's file.
    ///
    /// - Parameters:
    ///   - purpose: what is locked, for the message: "pipeline support-intent".
    ///   - isRemoved: whether the file goes with the lock, where it lies among what people keep.
    public init(path: String, purpose: String, isRemoved: Bool = false) throws {
        try AtomicFile.makeDirectory(PathName.folder(of: path))
        var taken: Int32?
        // A file that was removed by its holder just now locks nothing; another one is made.
        while taken == nil { taken = try FileLock.taken(path, purpose) }
        descriptor = taken ?? -1
        leftover = isRemoved ? path : nil
    }

    private static func taken(_ path: String, _ purpose: String) throws -> Int32? {
        // Not waiting lets a pipe be opened, and seen.
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o600)
        guard descriptor >= 0 else {
            guard errno == ELOOP else { throw StorageError.device("cannot lock \(path)") }
            throw foreign(path, "a symbolic link")
        }
        do {
            try check(descriptor, path)
            try take(descriptor, purpose, path)
            var held = stat(), named = stat()
            if fstat(descriptor, &held) == 0, lstat(path, &named) == 0, held.st_ino == named.st_ino {
                name(descriptor)
                return descriptor
            }
            close(descriptor)
            return nil
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func check(_ descriptor: Int32, _ path: String) throws {
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw StorageError.device("cannot lock \(path)") }
        guard status.st_mode & S_IFMT == S_IFREG else { throw foreign(path, "a device or a pipe") }
        guard status.st_nlink <= 1 else { throw foreign(path, "a second name of another file") }
        guard status.st_size <= capacity else { throw foreign(path, "\(status.st_size) bytes") }
    }

    private static func take(_ descriptor: Int32, _ purpose: String, _ path: String) throws {
        if flock(descriptor, LOCK_EX | LOCK_NB) != 0 {
            guard errno == EWOULDBLOCK else { throw StorageError.device("cannot lock \(path)") }
            var buffer = [UInt8](repeating: 0, count: capacity)
            let count = pread(descriptor, &buffer, buffer.count, 0)
            let holder = String(decoding: buffer.prefix(Swift.max(0, count)), as: UTF8.self)
            throw StorageError(
                .busy, "\(purpose) is locked by another process\(holder.isEmpty ? "" : " (\(holder))")",
                hint: "wait until it is done, then run this again")
        }
    }

    /// Who holds it is for messages alone, and a full disk no reason to do without the lock.
    private static func name(_ descriptor: Int32) {
        guard ftruncate(descriptor, 0) == 0 else { return }
        let text = "process \(getpid())"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    /// The most bytes that a holder's name takes.
    private static let capacity = 32

    private static func foreign(_ path: String, _ found: String) -> StorageError {
        StorageError(
            .device, "cannot lock \(path): it is \(found), expected a file that only locks use",
            hint: "see who put it there, and remove it")
    }

    deinit {
        if let leftover { unlink(leftover) }
        // Closing alone would leave the lock to a child that is being started just now, until it has closed its copy.
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
