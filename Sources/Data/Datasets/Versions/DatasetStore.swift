import Foundation
import GRDB
import Interactions
public import Storage

/// Which examples and interactions every dataset version of a workspace was made of: the rows that lineage follows.
public struct DatasetStore: Sendable {
    private let database: DatabasePool

    public init(_ workspace: Workspace) throws { database = try workspace.database(DatasetStore.migrations) }

    public static let migrations = [
        Migration("datasets-1-tables") { database in
            try database.execute(
                sql: """
                    CREATE TABLE dataset_version (
                        digest TEXT PRIMARY KEY,
                        task TEXT NOT NULL,
                        task_digest TEXT NOT NULL,
                        manifest TEXT NOT NULL,
                        created_at INTEGER NOT NULL
                    );
                    CREATE TABLE dataset_member (
                        dataset TEXT NOT NULL REFERENCES dataset_version (digest),
                        example TEXT NOT NULL,
                        split TEXT NOT NULL,
                        interaction TEXT,
                        PRIMARY KEY (dataset, example)
                    ) WITHOUT ROWID;
                    CREATE INDEX dataset_member_by_interaction ON dataset_member (interaction);
                    """)
        }
    ]

    /// Records a version and its members in one transaction; one that is there already stays as it is.
    func add(_ manifest: DatasetManifest, stored: ContentDigest, rows: [Split: [DatasetRow]]) throws {
        let digest = manifest.digest.hex
        try translated {
            try database.write { database in
                try database.execute(
                    sql: """
                        INSERT INTO dataset_version (digest, task, task_digest, manifest, created_at)
                        VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                        """,
                    arguments: [
                        digest, manifest.taskName, manifest.taskDigest.hex, stored.hex,
                        Timestamp.milliseconds(Date()),
                    ])
                guard database.changesCount > 0 else { return }
                let insert = try database.makeStatement(
                    sql: "INSERT INTO dataset_member (dataset, example, split, interaction) VALUES (?, ?, ?, ?)")
                for (split, rows) in rows {
                    for case let metadata? in rows.map(\.metadata) {
                        try insert.execute(
                            arguments: [digest, metadata.id.hex, split.rawValue, metadata.interaction?.hex])
                    }
                }
            }
        }
    }

    /// The dataset versions that have a row from an interaction.
    public func versions(containing interaction: ContentDigest) throws -> [ContentDigest] {
        try translated {
            try database.read { database in
                try String.fetchAll(
                    database,
                    sql: "SELECT DISTINCT dataset FROM dataset_member WHERE interaction = ? ORDER BY dataset",
                    arguments: [interaction.hex]
                ).compactMap { ContentDigest($0) }
            }
        }
    }

    /// The interactions that a dataset version's rows came from, by split.
    public func interactions(of dataset: ContentDigest) throws -> [Split: [ContentDigest]] {
        try translated {
            try database.read { database in
                var interactions: [Split: [ContentDigest]] = [:]
                let rows = try Row.fetchCursor(
                    database,
                    sql: """
                        SELECT split, interaction FROM dataset_member
                        WHERE dataset = ? AND interaction IS NOT NULL ORDER BY interaction
                        """, arguments: [dataset.hex])
                while let row = try rows.next() {
                    guard let split = Split(rawValue: row["split"]),
                        let id = ContentDigest(row["interaction"] as String)
                    else { throw DatasetError("the database holds a damaged member of dataset \(dataset)") }
                    interactions[split, default: []].append(id)
                }
                return interactions
            }
        }
    }

    private func translated<Value>(_ body: () throws -> Value) throws -> Value {
        do {
            return try body()
        } catch let error as DatabaseError {
            throw StorageError(databaseError: error, file: database.path)
        }
    }
}
