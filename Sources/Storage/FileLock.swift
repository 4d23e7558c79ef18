import Foundation

/// Excludes other processes while it lives: an advisory lock on a file, freed by the system when a process dies.
public final class FileLock: Sendable {
    private let descriptor: Int32

    /// Takes the lock, or throws ``StorageError/Kind/busy`` at once when another process holds it.
    ///
    /// - Parameter purpose: what is locked, for the message: "pipeline support-intent".
    public init(path: String, purpose: String) throws {
        try AtomicFile.makeDirectory(PathName.folder(of: path))
        descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else {
            throw StorageError.device("cannot lock \(path)")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            var buffer = [UInt8](repeating: 0, count: 32)
            let count = read(descriptor, &buffer, buffer.count)
            let holder = String(decoding: buffer.prefix(Swift.max(0, count)), as: UTF8.self)
            throw StorageError(
                .busy, "\(purpose) is locked by another process\(holder.isEmpty ? "" : " (\(holder))")",
                hint: "wait until it is done, then run this again")
        }
        ftruncate(descriptor, 0)
        let text = "process \(getpid())"
        _ = text.withCString { pwrite(descriptor, $0, strlen($0), 0) }
    }

    deinit {
        // Closing alone would leave the lock to a child that is being started just now, until it has closed its copy.
        _ = flock(descriptor, LOCK_UN)
        close(descriptor)
    }
}
