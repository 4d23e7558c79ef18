import Glibc

/// What the system says of the files of a database: what was written since has another mark, but for writes within the same
/// instant of the file system's clock.
public struct DatabaseMark: Hashable, Sendable {
    private struct File: Hashable {
        var number: UInt64
        var size: Int
        var seconds: Int
        var nanoseconds: Int
    }

    private let files: [File?]

    init(path: String) {
        files = [path, path + "-wal"].map { name in
            var status = stat()
            guard stat(name, &status) == 0 else { return nil }
            return File(
                number: UInt64(status.st_ino), size: Int(status.st_size), seconds: status.st_mtim.tv_sec,
                nanoseconds: status.st_mtim.tv_nsec)
        }
    }
}

extension ReleaseRegistry {
    /// The mark of the database as it is now: a glance, for those who look often.
    public var mark: DatabaseMark { DatabaseMark(path: file) }
}
