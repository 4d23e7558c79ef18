import GRDB
import Storage

/// The triggers that keep versions and history from being changed, held against those that the migrations make.
enum RegistryTriggers {
    /// Each trigger on the registry's tables with its text.
    private static func all(_ database: Database) throws -> [String: String] {
        let rows = try Row.fetchAll(
            database,
            sql:
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name LIKE 'registry\\_%' ESCAPE '\\'"
        )
        return Dictionary(uniqueKeysWithValues: rows.map { ($0["name"], $0["sql"]) })
    }

    private static func expected() throws -> [String: String] {
        let database = try DatabaseQueue()
        return try database.write { database in
            for migration in RegistryMigrations.all { try migration.apply(to: database) }
            return try all(database)
        }
    }

    static func problems(_ database: Database) throws -> [String] {
        let found = try all(database), expected = try expected()
        let lost = expected.keys.filter { found[$0] == nil }.sorted().map { "trigger \($0) is missing" }
        let others = found.keys.filter { expected[$0] != found[$0] }.sorted().map { name in
            expected[name] == nil
                ? "trigger \(name) is foreign, expected none but the registry's own" : "trigger \(name) was changed"
        }
        return lost + others
    }

    /// Puts the registry's own triggers in the place of whatever is there.
    static func restore(_ database: Database) throws {
        for name in try all(database).keys.sorted() {
            try database.execute(sql: "DROP TRIGGER \(name.quotedDatabaseIdentifier)")
        }
        for (_, text) in try expected().sorted(by: { $0.key < $1.key }) { try database.execute(sql: text) }
    }
}
