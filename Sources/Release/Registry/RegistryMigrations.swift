import GRDB
public import Storage

/// The registry's tables. Triggers hold what the design promises: versions and history are never changed.
public enum RegistryMigrations {
    public static let all = [
        Migration("registry-1-versions-aliases-history") { database in
            try database.execute(sql: tables)
            for (table, what) in [("registry_version", "a version"), ("registry_history", "the history")] {
                for action in ["UPDATE", "DELETE"] {
                    try database.execute(
                        sql: """
                            CREATE TRIGGER \(table)_no_\(action.lowercased()) BEFORE \(action) ON \(table)
                            BEGIN SELECT RAISE(ABORT, '\(what) of the registry is immutable'); END
                            """)
                }
            }
            // INSERT OR REPLACE deletes without firing a DELETE trigger; these see it come.
            try database.execute(
                sql: """
                    CREATE TRIGGER registry_version_no_replace BEFORE INSERT ON registry_version
                    WHEN EXISTS (SELECT 1 FROM registry_version WHERE name = NEW.name AND version = NEW.version)
                    BEGIN SELECT RAISE(ABORT, 'a version of the registry is immutable'); END;
                    CREATE TRIGGER registry_history_appends BEFORE INSERT ON registry_history
                    WHEN NEW.sequence <> (SELECT ifnull(max(sequence), 0) + 1 FROM registry_history)
                    BEGIN SELECT RAISE(ABORT, 'the history of the registry only grows at its end'); END;
                    """)
        },
        // The same file registered with another task, or as another kind, is another version: what it answers differs.
        Migration("registry-2-task-and-kind-count") { database in
            try database.execute(
                sql: """
                    DROP INDEX registry_version_content;
                    CREATE UNIQUE INDEX registry_version_content ON registry_version
                        (name, artifact, ifnull(evaluation, ''), ifnull(base, ''), ifnull(task, ''), kind);
                    """)
        },
        // What an artifact was made from; and versions that differ in anything that is said of them.
        Migration("registry-3-artifact-source") { database in
            try database.execute(
                sql: """
                    ALTER TABLE registry_version ADD COLUMN source TEXT;
                    DROP INDEX registry_version_content;
                    CREATE UNIQUE INDEX registry_version_content ON registry_version (
                        name, artifact, kind, ifnull(evaluation, ''), ifnull(base, ''), ifnull(base_file, ''),
                        ifnull(dataset, ''), ifnull(task, ''), ifnull(recipe, ''), ifnull(source, ''));
                    """)
        },
        // The first entry after which the head was noted beside the database: from there on, the note must be there.
        Migration("registry-4-noted-head") { database in
            try database.execute(sql: "CREATE TABLE registry_head (entry INTEGER NOT NULL) STRICT")
        },
    ]

    private static let tables = """
        CREATE TABLE registry_version (
            name TEXT NOT NULL, version INTEGER NOT NULL CHECK (version > 0),
            kind TEXT NOT NULL, artifact TEXT NOT NULL, base TEXT, base_file TEXT, dataset TEXT, task TEXT,
            evaluation TEXT, passed INTEGER, recipe TEXT, note TEXT,
            created TEXT NOT NULL, created_by TEXT NOT NULL,
            PRIMARY KEY (name, version)
        ) WITHOUT ROWID, STRICT;
        CREATE UNIQUE INDEX registry_version_content
            ON registry_version (name, artifact, ifnull(evaluation, ''), ifnull(base, ''));
        CREATE TABLE registry_alias (
            name TEXT NOT NULL, alias TEXT NOT NULL, version INTEGER NOT NULL, sequence INTEGER NOT NULL,
            PRIMARY KEY (name, alias),
            FOREIGN KEY (name, version) REFERENCES registry_version (name, version)
        ) WITHOUT ROWID, STRICT;
        CREATE TABLE registry_history (
            sequence INTEGER PRIMARY KEY, time TEXT NOT NULL, by TEXT NOT NULL, action TEXT NOT NULL,
            name TEXT NOT NULL, alias TEXT, old_version INTEGER, new_version INTEGER NOT NULL,
            artifact TEXT NOT NULL, record TEXT NOT NULL, evaluation TEXT, passed INTEGER,
            reason TEXT, override TEXT, previous TEXT, digest TEXT NOT NULL
        ) STRICT;
        """
}
