import Foundation
import Glibc
import Storage
import Synchronization

/// A file that is held open and read through memory while the server runs, and must stay as it was.
///
/// One that is replaced by renaming another over it stays as it is for whoever holds it; one that is written into in place
/// changes what the server answers.
final class HeldFile: Sendable {
    private let file: FileHandle
    private let path: String
    private let stamp: Mutex<FileStamp>

    /// Opens a file that is to be read from now on.
    init(path: String) throws {
        file = try FileHandle(readingFrom: path)
        self.path = path
        stamp = Mutex(try HeldFile.stamp(of: file, path))
    }

    /// Reads the whole file again if it looks like another.
    ///
    /// - Parameter digest: that of what was loaded.
    /// - Throws: ``ServingError`` where its content is no longer that.
    func check(against digest: ContentDigest) throws {
        let now = try HeldFile.stamp(of: file, path)
        guard now != stamp.withLock({ $0 }) else { return }
        guard try ContentDigest(ofFile: "/proc/self/fd/\(file.fileDescriptor)") == digest else {
            throw ServingError(
                "\(path): its content was changed in place while it was served, expected it to stay as it was loaded",
                hint: "rename a new model over it instead of writing into it: mv NEW.gguf \(path)")
        }
        stamp.withLock { $0 = now }
    }

    private static func stamp(of file: FileHandle, _ path: String) throws -> FileStamp {
        guard let stamp = FileStamp(descriptor: file.fileDescriptor) else {
            throw ServingError("\(path): \(String(cString: strerror(errno))), expected to learn its size")
        }
        return stamp
    }
}
