public import Foundation
import Glibc

extension FileHandle {
    /// Opens a file for reading; the error names the file and the system's reason.
    public convenience init(readingFrom path: String) throws {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StorageError(.input, "cannot read \(path): \(StorageError.systemReason())")
        }
        var status = stat()
        if fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFDIR {
            Glibc.close(descriptor)
            throw StorageError(.input, "cannot read \(path): it is a directory, expected a file")
        }
        self.init(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Opens a file for lines to be added at its end, making it if it is not there.
    ///
    /// - Parameter permissions: of a file that is made: `0o600` for one that holds what people wrote.
    public convenience init(appendingTo path: String, permissions: UInt32 = 0o644) throws {
        try AtomicFile.makeDirectory(PathName.folder(of: path))
        let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, permissions)
        guard descriptor >= 0 else {
            throw StorageError.device("cannot write \(path)")
        }
        self.init(fileDescriptor: descriptor, closeOnDealloc: true)
    }

    /// Writes all bytes of a buffer, through interruptions and partial writes.
    public func writeAll(_ bytes: UnsafeRawBufferPointer) throws {
        var written = 0
        while written < bytes.count {
            let count = Glibc.write(fileDescriptor, bytes.baseAddress! + written, bytes.count - written)
            if count < 0 {
                if errno == EINTR { continue }
                throw StorageError.device("cannot write")
            }
            written += count
        }
    }

    /// Writes all bytes of a text or an array.
    public func writeAll(_ bytes: some Sequence<UInt8>) throws {
        let done: Void? = try bytes.withContiguousStorageIfAvailable { try writeAll(UnsafeRawBufferPointer($0)) }
        if done == nil { try Array(bytes).withUnsafeBytes { try writeAll($0) } }
    }
}
