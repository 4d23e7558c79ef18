import Foundation
import Glibc
public import GRDB

/// The folder in which a run keeps what it makes: the database, the content store, locks. `.retort/` by default.
public struct Workspace: Sendable {
    public let path: String

    /// Where a workspace lies when nobody says otherwise.
    public static let defaultPath = ".retort"

    /// Opens a workspace, making its folder, for the user alone, if it is not there.
    public init(path: String) throws {
        self.path = path
        try AtomicFile.makeDirectory(path, isPrivate: true)
    }

    /// What may go wrong where the workspace lies, though nothing did yet: locks and the database want a disk of this machine.
    public var warning: String? {
        NetworkFileSystem.kind(of: path).map {
            "the workspace \(path) lies on a network file system (\($0)), where locks of several machines and the database's "
                + "write-ahead log do not hold; expected a disk of this machine"
        }
    }

    public var store: ContentStore { ContentStore(path: "\(path)/store") }

    /// The path of a file or folder inside the workspace.
    public func path(_ relative: String) -> String { "\(path)/\(relative)" }

    /// Takes the named lock or throws ``StorageError/Kind/busy``.
    public func lock(_ name: String) throws -> FileLock {
        try FileLock(path: path("locks/\(name).lock"), purpose: name)
    }

    /// Opens the one SQLite file (WAL) and brings the given tables up to date, in the order given.
    ///
    /// Each module passes its own migrations; those of other modules that the file has already are left alone.
    public func database(_ migrations: [Migration]) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.busyMode = .timeout(30)
        configuration.prepareDatabase { database in
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        let file = path("retort.sqlite")
        // It holds what people wrote to a model: for the user alone. SQLite gives its other files the same rights. Through a
        // symbolic link it would be made where somebody else wants it.
        let descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600)
        if descriptor < 0, errno == ELOOP {
            throw StorageError(
                .device, "cannot open \(file): it is a symbolic link, expected the database",
                hint: "a workspace elsewhere is named as a whole: --workspace FOLDER")
        }
        if descriptor >= 0 { close(descriptor) }
        // Two processes that bring one file up to date at the same time would both make the same table.
        let lock = try opening()
        defer { withExtendedLifetime(lock) {} }
        do {
            let pool = try DatabasePool(path: file, configuration: configuration)
            var migrator = DatabaseMigrator()
            for migration in migrations { migrator.registerMigration(migration.name, migrate: migration.change) }
            try migrator.migrate(pool)
            return pool
        } catch let error as DatabaseError {
            throw StorageError(databaseError: error, file: file)
        }
    }

    /// The lock under which a database is opened, waited for: whoever holds it is done in a moment.
    private func opening() throws -> FileLock {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            do {
                return try lock("database")
            } catch let error as StorageError where error.kind == .busy && ContinuousClock.now < deadline {
                usleep(20_000)
            }
        }
    }
}

extension StorageError {
    /// SQLite's reason without the values that a statement bound.
    public init(databaseError error: DatabaseError, file: String) {
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
