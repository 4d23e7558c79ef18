import Dialects
import Foundation
import GRDB
import JSON
import PlainText
public import Storage

/// The interactions of a workspace, in the order of their times.
public struct InteractionStore: Sendable {
    let database: WorkspaceDatabase

    /// Opens the workspace's database and brings its tables for interactions up to date.
    public init(_ workspace: Workspace) throws { database = try workspace.database(InteractionStore.migrations) }

    /// - Parameter database: a database that has had ``migrations``.
    public init(database: WorkspaceDatabase) { self.database = database }

    public static let migrations = [
        Migration("interactions-1-tables") { database in
            try database.execute(
                sql: """
                    CREATE TABLE pull (
                        number INTEGER PRIMARY KEY,
                        started_at INTEGER NOT NULL,
                        finished_at INTEGER
                    );
                    CREATE TABLE pull_source (
                        pull INTEGER NOT NULL REFERENCES pull (number),
                        name TEXT NOT NULL,
                        bytes INTEGER NOT NULL,
                        counts TEXT NOT NULL,
                        failure TEXT,
                        PRIMARY KEY (pull, name)
                    );
                    CREATE TABLE interaction (
                        number INTEGER PRIMARY KEY,
                        id TEXT NOT NULL UNIQUE,
                        time INTEGER NOT NULL,
                        workload TEXT,
                        model TEXT,
                        pull INTEGER NOT NULL REFERENCES pull (number),
                        record BLOB NOT NULL
                    );
                    CREATE INDEX interaction_by_time ON interaction (workload, time, id);
                    """)
        },
        // Tags beside the first: the same row may belong to several tasks.
        Migration("interactions-2-tags") { database in
            try database.execute(
                sql: """
                    CREATE TABLE interaction_tag (
                        workload TEXT NOT NULL,
                        interaction INTEGER NOT NULL REFERENCES interaction (number),
                        PRIMARY KEY (workload, interaction)
                    ) WITHOUT ROWID;
                    """)
        },
        Migration("interactions-3-digests-and-view") { database in
            try database.nameDigests(in: "interaction", ["id"])
            // What lineage may read of an interaction, whatever becomes of the table.
            try database.execute(
                sql: "CREATE VIEW lineage_interaction AS SELECT id AS interaction, time, model FROM interaction")
        },
    ]

    /// How many there are, of one workload or of all.
    public func count(workload: String? = nil) throws -> Int {
        try database.read { database in
            let query = InteractionStore.selection("COUNT(*)", workload)
            return try Int.fetchOne(database, sql: query.sql, arguments: query.arguments) ?? 0
        }
    }

    /// The digest of the set: of all ids, sorted, one a line. The order in which they were pulled does not matter.
    public func digest(workload: String? = nil) throws -> ContentDigest {
        try database.read { database in
            let query = InteractionStore.selection("id", workload)
            var digest = ContentDigest.Accumulator()
            let rows = try Row.fetchCursor(database, sql: query.sql + " ORDER BY id", arguments: query.arguments)
            while let row = try rows.next() { digest.update((try row.digest("id")?.hex ?? "") + "\n") }
            return digest.finish()
        }
    }

    /// Calls `body` with each interaction by time, then by id. `body` may use the database.
    ///
    /// - Parameter workload: only those that have this tag, among others or alone, and with it as theirs.
    public func forEach(workload: String? = nil, _ body: (Interaction) throws -> Void) throws {
        let (numbers, tags) = try database.read { database in
            let query = InteractionStore.selection("number", workload)
            let numbers = try Int64.fetchAll(
                database, sql: query.sql + " ORDER BY time, id", arguments: query.arguments)
            let rows = try Row.fetchAll(database, sql: "SELECT interaction, workload FROM interaction_tag")
            return (numbers, Dictionary(grouping: rows) { $0["interaction"] as Int64 })
        }
        for number in numbers {
            let found = try database.read { database in
                let statement = try database.cachedStatement(
                    sql: "SELECT id, time, workload, record FROM interaction WHERE number = ?")
                return try Row.fetchOne(statement, arguments: [number]).map(Interaction.init(row:))
            }
            guard var found else { continue }
            found.otherWorkloads = tags[number]?.map { $0["workload"] } ?? []
            if let workload { found.workload = workload }
            try body(found)
        }
    }

    public func interaction(_ id: ContentDigest) throws -> Interaction? {
        try database.read { database in
            try Row.fetchOne(
                database, sql: "SELECT id, time, workload, record FROM interaction WHERE id = ?", arguments: [id.column]
            ).map(Interaction.init(row:))
        }
    }

    private static func selection(
        _ columns: String, _ workload: String?
    ) -> (sql: String, arguments: StatementArguments) {
        let sql = "SELECT \(columns) FROM interaction"
        let condition = """
             WHERE workload = ? OR number IN (SELECT interaction FROM interaction_tag WHERE workload = ?)
            """
        return workload.map { (sql + condition, [$0, $0]) } ?? (sql, [])
    }

    /// Tags an interaction that is there, unless it has the tag.
    ///
    /// - Returns: the pull that it came with, and whether it has the tag only now.
    static func tag(
        _ id: String, _ workload: String?, _ database: Database
    ) throws -> (pull: Int64, isTaggedNow: Bool) {
        let query = try database.cachedStatement(sql: "SELECT number, pull, workload FROM interaction WHERE id = ?")
        guard let row = try Row.fetchOne(query, arguments: [id]) else {
            throw StorageError(.input, "the database lost an interaction \(id)")
        }
        let number: Int64 = row["number"]
        let pull: Int64 = row["pull"]
        let first: String? = row["workload"]
        guard let workload, first.map({ !$0.isExactly(workload) }) ?? true else { return (pull, false) }
        let change =
            first == nil
            ? "UPDATE interaction SET workload = ? WHERE number = ?"
            : "INSERT INTO interaction_tag (workload, interaction) VALUES (?, ?) ON CONFLICT DO NOTHING"
        try database.cachedStatement(sql: change).execute(arguments: [workload, number])
        return (pull, database.changesCount > 0)
    }
}

extension Interaction {
    /// What the `record` column holds: everything that has no column of its own.
    var storedRecord: [UInt8] {
        var object = JSONObject()
        object["client_id"] = client.map(JSONValue.string)
        object["request"] = request
        object["response"] = response
        object["decision"] = decision
        return JSONValue.object(object).serializedBytes()
    }

    init(row: Row) throws {
        let record: Data = row["record"]
        guard let id = try row.digest("id"), let time = try row.time("time"),
            let json = try? JSONValue(parsing: record), let request = json["request"], let response = json["response"],
            let messages = request["messages"]?.arrayValue,
            let answer = OpenAIChat.choice(of: response)?["message"]
        else { throw StorageError(.input, "the database holds a damaged interaction \(row["id"] as DatabaseValue)") }
        do {
            self.init(
                time: time, workload: row["workload"],
                client: json["client_id"]?.stringValue, request: request, response: response,
                decision: json["decision"], messages: try messages.map(LogRecord.message),
                answer: try LogRecord.message(answer), id: id)
        } catch {
            throw StorageError(
                .input, "the database holds interaction \(id.short), which is not read: \(error)",
                hint: "an earlier version kept it; pull the logs into a new workspace")
        }
    }
}
