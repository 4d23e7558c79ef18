import Foundation
import Glibc
import GRDB

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
    public func database(_ migrations: [Migration]) throws -> WorkspaceDatabase {
        var configuration = GRDB.Configuration()
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
        return try WorkspaceDatabase(path: file, configuration: configuration, migrations: migrations)
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
