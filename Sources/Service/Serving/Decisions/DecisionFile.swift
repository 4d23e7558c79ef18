import Foundation
import Glibc
import Storage

/// The open file of a ``DecisionLog``: lines are added at its end, each as a whole.
struct DecisionFile {
    private static let lineEnd = UInt8(ascii: "\n")

    private let handle: FileHandle
    /// Whether the file ends in a part of a line; the next line begins with ending that one.
    private(set) var isTorn: Bool

    init(_ path: String) throws {
        handle = try FileHandle(appendingTo: path, permissions: 0o600)
        isTorn = false
        guard let size, size > 0 else { return }
        var last: UInt8 = 0
        // A file that may be written and not read is taken for whole.
        isTorn = pread(handle.fileDescriptor, &last, 1, off_t(size - 1)) == 1 && last != DecisionFile.lineEnd
    }

    /// The bytes that lie there; nil for what is no regular file.
    var size: Int? {
        var status = stat()
        guard fstat(handle.fileDescriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int(status.st_size)
    }

    /// Adds a line. Where the device takes only a part of it, that part is taken back; where that cannot be, it stays a line
    /// of its own, which nobody can take for a record.
    ///
    /// - Throws: a `StorageError` when the line is not there.
    mutating func append(_ line: [UInt8]) throws {
        let start = size
        let bytes = isTorn ? [DecisionFile.lineEnd] + line : line
        do {
            try handle.writeAll(bytes)
            isTorn = false
        } catch {
            if let start { takeBack(bytes, from: start) } else { isTorn = true }
            throw error
        }
    }

    /// Cuts off the part of a line that was written, unless somebody else has written there, too.
    private mutating func takeBack(_ line: [UInt8], from start: Int) {
        guard let size, size != start else { return }
        let count = min(line.count, max(0, size - start))
        var part = [UInt8](repeating: 0, count: count)
        let isOurs =
            start + count == size && pread(handle.fileDescriptor, &part, count, off_t(start)) == count
            && line.starts(with: part)
        if !isOurs || ftruncate(handle.fileDescriptor, off_t(start)) != 0 { isTorn = true }
    }
}
