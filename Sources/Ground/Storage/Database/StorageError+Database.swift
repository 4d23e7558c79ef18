import Glibc
import GRDB

extension StorageError {
    /// SQLite's reason without the values that a statement bound.
    init(_ error: DatabaseError, file: String) {
        let kind: Kind =
            switch error.resultCode {
            case .SQLITE_BUSY, .SQLITE_LOCKED: .busy
            case .SQLITE_FULL, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CANTOPEN: .device
            default: .input
            }
        // Where not even the memory that its processes share finds room, SQLite says so in other words.
        let isFull =
            error.resultCode == .SQLITE_FULL || error.resultCode == .SQLITE_IOERR && StorageError.isFull(besides: file)
        self.init(
            kind, "database \(file): \(error.message ?? error.resultCode.description)",
            hint: isFull ? "the disk is full: free some space and run it again" : nil)
    }

    private static func isFull(besides file: String) -> Bool {
        var status = statvfs()
        return statvfs(PathName.folder(of: file), &status) == 0 && status.f_bavail * UInt(status.f_frsize) < 1 << 16
    }
}
