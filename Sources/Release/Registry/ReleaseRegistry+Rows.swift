import Foundation
import GRDB
import Storage

/// How records become rows and rows become records. A row that cannot be read is damage, and says which.
extension ReleaseRegistry {
    static func versions(_ database: Database, _ name: String?) throws -> [RegistryVersion] {
        try Row.fetchAll(
            database,
            sql: "SELECT * FROM registry_version WHERE ?1 IS NULL OR name = ?1 ORDER BY name, version",
            arguments: [name]
        ).map(version)
    }

    static func aliases(_ database: Database, _ name: String?) throws -> [RegistryAlias] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM registry_alias WHERE ?1 IS NULL OR name = ?1 ORDER BY name, alias",
            arguments: [name]
        ).map(alias)
    }

    static func version(_ database: Database, _ name: String, _ number: Int) throws -> RegistryVersion? {
        try Row.fetchOne(
            database, sql: "SELECT * FROM registry_version WHERE name = ? AND version = ?", arguments: [name, number]
        ).map(version)
    }

    /// Every entry from a number on, with the digest that was stored for it.
    static func history(
        _ database: Database, from sequence: Int
    ) throws -> [(entry: HistoryEntry, storedDigest: String)] {
        try Row.fetchAll(
            database, sql: "SELECT * FROM registry_history WHERE sequence >= ? ORDER BY sequence", arguments: [sequence]
        ).map { (try entry($0), $0["digest"]) }
    }

    static func insert(_ record: RegistryVersion, _ database: Database) throws {
        try database.execute(
            sql: """
                INSERT INTO registry_version (name, version, kind, artifact, base, base_file, dataset, task,
                    evaluation, passed, recipe, note, created, created_by, source)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                record.name, record.version, record.kind.rawValue, record.artifact.column,
                record.base?.column, record.baseFile?.column, record.dataset?.column,
                record.task?.column, record.evaluation?.column, record.passed,
                record.recipe?.column, record.note, Timestamp.fullText(record.created), record.createdBy,
                record.source?.column,
            ])
    }

    /// Appends an entry to the chain: its number and the digest before it come from the newest row.
    @discardableResult
    static func append(
        _ database: Database, _ make: (_ sequence: Int, _ previous: ContentDigest?) -> HistoryEntry
    ) throws -> HistoryEntry {
        let last = try Row.fetchOne(
            database, sql: "SELECT sequence, digest FROM registry_history ORDER BY sequence DESC LIMIT 1")
        let previous = try last.map { try digest($0, "digest") }
        let entry = make((last?["sequence"] ?? 0) + 1, previous)
        try database.execute(
            sql: """
                INSERT INTO registry_history (sequence, time, by, action, name, alias, old_version, new_version,
                    artifact, record, evaluation, passed, reason, override, previous, digest)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """,
            arguments: [
                entry.sequence, Timestamp.fullText(entry.time), entry.by, entry.action.rawValue, entry.name,
                entry.alias, entry.oldVersion, entry.newVersion, entry.artifact.column,
                entry.record.column, entry.evaluation?.column, entry.passed, entry.reason,
                entry.override, entry.previous?.column, entry.digest.column,
            ])
        return entry
    }

    private static func version(_ row: Row) throws -> RegistryVersion {
        let name: String = row["name"]
        let number: Int = row["version"]
        let place = "version \(name):\(number)"
        guard let kind = ArtifactKind(rawValue: row["kind"]) else { throw damaged(place, "kind") }
        return RegistryVersion(
            version: number, name: name, kind: kind, artifact: try digest(row, "artifact", place),
            source: try optionalDigest(row, "source", place),
            base: try optionalDigest(row, "base", place), baseFile: try optionalDigest(row, "base_file", place),
            dataset: try optionalDigest(row, "dataset", place), task: try optionalDigest(row, "task", place),
            evaluation: try optionalDigest(row, "evaluation", place), passed: row["passed"],
            recipe: try optionalDigest(row, "recipe", place), note: row["note"],
            created: try date(row, "created", place), createdBy: row["created_by"])
    }

    private static func alias(_ row: Row) -> RegistryAlias {
        RegistryAlias(name: row["name"], alias: row["alias"], version: row["version"], sequence: row["sequence"])
    }

    private static func entry(_ row: Row) throws -> HistoryEntry {
        let sequence: Int = row["sequence"]
        let place = "history entry \(sequence)"
        guard let action = HistoryEntry.Action(rawValue: row["action"]) else { throw damaged(place, "action") }
        return HistoryEntry(
            sequence: sequence, time: try date(row, "time", place), by: row["by"], action: action,
            name: row["name"], alias: row["alias"], oldVersion: row["old_version"],
            newVersion: row["new_version"], artifact: try digest(row, "artifact", place),
            record: try digest(row, "record", place), evaluation: try optionalDigest(row, "evaluation", place),
            passed: row["passed"], reason: row["reason"], override: row["override"],
            previous: try optionalDigest(row, "previous", place))
    }

    private static func digest(_ row: Row, _ column: String, _ place: String = "history") throws -> ContentDigest {
        guard let digest = try optionalDigest(row, column, place) else { throw damaged(place, column) }
        return digest
    }

    private static func optionalDigest(_ row: Row, _ column: String, _ place: String) throws -> ContentDigest? {
        guard let text: String = row[column] else { return nil }
        guard let digest = ContentDigest(text) else { throw damaged(place, column) }
        return digest
    }

    private static func date(_ row: Row, _ column: String, _ place: String) throws -> Date {
        guard let date = Timestamp.date(fullText: row[column]) else { throw damaged(place, column) }
        return date
    }

    private static func damaged(_ place: String, _ column: String) -> RegistryError {
        RegistryError(.damaged, "\(place) of the registry: \(column) cannot be read: it was changed by hand")
    }
}
