public import GRDB

/// The one SQLite file of a workspace, open. Modules read and write their tables through it.
///
/// What SQLite refuses comes out as a ``StorageError`` that names the file, here and nowhere else.
public struct WorkspaceDatabase: Sendable {
    /// The file's path, for messages.
    public let path: String
    private let pool: DatabasePool

    /// Opens the file and brings its tables up to date by the migrations given, in their order.
    init(path: String, configuration: GRDB.Configuration, migrations: [Migration]) throws {
        self.path = path
        pool = try WorkspaceDatabase.translated(path) {
            let pool = try DatabasePool(path: path, configuration: configuration)
            var migrator = DatabaseMigrator()
            for migration in migrations { migrator.registerMigration(migration.name, migrate: migration.change) }
            try migrator.migrate(pool)
            return pool
        }
    }

    public func read<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try WorkspaceDatabase.translated(path) { try pool.read(body) }
    }

    /// Writes in one transaction.
    public func write<Value>(_ body: (Database) throws -> Value) throws -> Value {
        try WorkspaceDatabase.translated(path) { try pool.write(body) }
    }

    public func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await pool.read(body)
        } catch let error as DatabaseError {
            throw StorageError(error, file: path)
        }
    }

    /// Writes in one transaction, although the task may be cancelled: what is written here has happened, and may have been
    /// paid for.
    public func write<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        do {
            return try await Task { [pool] in try await pool.write(body) }.value
        } catch let error as DatabaseError {
            throw StorageError(error, file: path)
        }
    }

    public func close() throws { try WorkspaceDatabase.translated(path) { try pool.close() } }

    private static func translated<Value>(_ path: String, _ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StorageError(error, file: path)
        }
    }
}
