public import Foundation
public import GRDB

// How columns hold what SQLite has no type for. Every table does it in the same way, so that tables can be joined: a digest
// is the text `sha256:…`, a time is the whole milliseconds since 1970 in UTC. Tables whose rows are themselves hashed as
// text, the registry's, keep their times in that text.

extension ContentDigest {
    /// What a column holds of it.
    public var column: String { description }
}

extension Date {
    /// What a column holds of it.
    public var column: Int { Timestamp.milliseconds(self) }
}

extension Row {
    /// The digest in a column; nil where it is NULL.
    ///
    /// - Throws: ``StorageError`` that names the column, where something else is in it.
    public func digest(_ name: String) throws -> ContentDigest? {
        let value: DatabaseValue = self[name]
        if value.isNull { return nil }
        guard let digest = String.fromDatabaseValue(value).flatMap({ ContentDigest($0) }) else {
            throw StorageError(
                .input, "the database holds a damaged \(name): expected sha256: and 64 hexadecimal digits")
        }
        return digest
    }

    /// The time in a column; nil where it is NULL.
    ///
    /// - Throws: ``StorageError`` that names the column, where something else is in it.
    public func time(_ name: String) throws -> Date? {
        let value: DatabaseValue = self[name]
        if value.isNull { return nil }
        guard case .int64(let milliseconds) = value.storage else {
            throw StorageError(.input, "the database holds a damaged \(name): expected milliseconds since 1970")
        }
        return Timestamp.date(milliseconds: Int(milliseconds))
    }
}

extension Database {
    /// Gives digests that an earlier version wrote as bare digits their one form.
    public func nameDigests(in table: String, _ columns: [String]) throws {
        for column in columns {
            try execute(sql: "UPDATE \(table) SET \(column) = 'sha256:' || \(column) WHERE length(\(column)) = 64")
        }
    }

    /// Gives times that an earlier version wrote as text, `2026-10-01 08:30:00.123`, their one form.
    public func countMilliseconds(in table: String, _ columns: [String]) throws {
        for column in columns {
            try execute(
                sql: """
                    UPDATE \(table) SET \(column) = CAST(round((julianday(\(column)) - 2440587.5) * 86400000) AS INTEGER)
                    WHERE typeof(\(column)) = 'text'
                    """)
        }
    }
}
