import Foundation
import GRDB
import JSON
public import Storage

/// Which examples and interactions every dataset version of a workspace was made of: the rows that lineage follows.
public struct DatasetStore: Sendable {
    private let database: WorkspaceDatabase

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
        },
        Migration("datasets-2-digests") { database in
            try database.nameDigests(in: "dataset_version", ["digest", "task_digest", "manifest"])
            try database.nameDigests(in: "dataset_member", ["dataset", "example", "interaction"])
        },
        // A row's label by its names, and what lineage may read of a row, whatever becomes of the tables.
        Migration("datasets-3-labels-and-view") { database in
            try database.execute(
                sql: """
                    ALTER TABLE dataset_member ADD COLUMN teacher TEXT;
                    ALTER TABLE dataset_member ADD COLUMN input TEXT;
                    ALTER TABLE dataset_member ADD COLUMN response TEXT;
                    CREATE VIEW lineage_row AS
                        SELECT dataset, split, example, interaction, task_digest AS task, teacher, input, response
                        FROM dataset_member JOIN dataset_version ON dataset_version.digest = dataset_member.dataset;
                    CREATE VIEW lineage_dataset AS SELECT digest AS dataset, task AS name, created_at FROM dataset_version;
                    """)
        },
    ]

    /// Records a version and its members in one transaction. One that is there already stays as it is; only labels that an
    /// earlier release did not note are noted.
    func add(
        _ manifest: DatasetManifest, stored: ContentDigest, rows: [Split: [DatasetRow]],
        labels: [ContentDigest: LabelName]
    ) throws {
        let digest = manifest.digest.column
        try database.write { database in
            try database.execute(
                sql: """
                    INSERT INTO dataset_version (digest, task, task_digest, manifest, created_at)
                    VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING
                    """,
                arguments: [
                    digest, manifest.taskName, manifest.taskDigest.column, stored.column, Date().column,
                ])
            let insert = try database.makeStatement(
                sql: """
                    INSERT INTO dataset_member (dataset, example, split, interaction, teacher, input, response)
                    VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dataset, example) DO UPDATE
                    SET teacher = excluded.teacher, input = excluded.input, response = excluded.response
                    WHERE input IS NULL
                    """)
            for (split, rows) in rows {
                for case let metadata? in rows.map(\.metadata) {
                    let label = labels[metadata.id]
                    try insert.execute(
                        arguments: [
                            digest, metadata.id.column, split.rawValue, metadata.interaction?.column, label?.teacher,
                            label?.input.column, label?.response?.column,
                        ])
                }
            }
        }
    }

    /// The dataset versions that have a row from an interaction.
    public func versions(containing interaction: ContentDigest) throws -> [ContentDigest] {
        try database.read { database in
            try Row.fetchAll(
                database,
                sql: "SELECT DISTINCT dataset FROM dataset_member WHERE interaction = ? ORDER BY dataset",
                arguments: [interaction.column]
            ).compactMap { try $0.digest("dataset") }
        }
    }

    /// The interactions that a dataset version's rows came from, by split.
    public func interactions(of dataset: ContentDigest) throws -> [Split: [ContentDigest]] {
        try database.read { database in
            var interactions: [Split: [ContentDigest]] = [:]
            let rows = try Row.fetchCursor(
                database,
                sql: """
                    SELECT split, interaction FROM dataset_member
                    WHERE dataset = ? AND interaction IS NOT NULL ORDER BY interaction
                    """, arguments: [dataset.column])
            while let row = try rows.next() {
                guard let split = Split(rawValue: row["split"]), let id = try row.digest("interaction") else {
                    throw DatasetError("the database holds a damaged member of dataset \(dataset)")
                }
                interactions[split, default: []].append(id)
            }
            return interactions
        }
    }

    /// The newest dataset version with a split whose file has a digest; nil where none has it.
    public func version(holding file: ContentDigest, in store: ContentStore) throws -> ContentDigest? {
        let versions = try database.read { database in
            try Row.fetchAll(
                database, sql: "SELECT digest, manifest FROM dataset_version ORDER BY created_at DESC, digest"
            ).compactMap { row in try (row.digest("digest"), row.digest("manifest")) }
        }
        for case (let digest?, let manifest?) in versions where store.contains(manifest) {
            let json = try JSONValue(parsing: store.data(of: manifest))
            let splits = try DatasetManifest(json: json, path: store.path(of: manifest)).splits
            if splits.values.contains(where: { $0.digest == file }) { return digest }
        }
        return nil
    }
}
