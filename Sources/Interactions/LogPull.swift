import Conversations
import Dispatch
import Foundation
import GRDB
public import Storage
import Synchronization

/// Brings logs into a workspace: reads rows, keeps what is new, accounts for the rest.
///
/// A batch of rows and the counts of its source are one transaction: a pull that is killed has kept exactly what its
/// record says, and the same pull again keeps the rest.
public struct LogPull: Sendable {
    /// A row that was dropped: where it stands, never what it says.
    public struct Fault: Sendable, Hashable, CustomStringConvertible {
        public var source: String
        /// The line, or the place in the file's list, from 1.
        public var row: Int
        public var reason: DropReason

        public var description: String { "\(source):\(row): \(reason.text)" }
    }

    /// What a pull did so far.
    public struct Progress: Sendable {
        public internal(set) var reconciliation = PullReconciliation()
        /// Bytes read, decompressed.
        public internal(set) var byteCount = 0
        /// The first rows that were dropped.
        public internal(set) var faults: [Fault] = []
        /// Sources that could not be read to their end, and why.
        public internal(set) var failures: [StorageError] = []
    }

    /// How many faults are named; all are counted.
    public static let namedFaults = 5

    private let store: InteractionStore
    private let workload: String?
    private let untagged: String?

    /// - Parameters:
    ///   - workload: the workload wanted; nil takes all.
    ///   - untagged: the workload of rows without a tag.
    public init(store: InteractionStore, workload: String? = nil, untagged: String? = nil) {
        self.store = store
        self.workload = workload
        self.untagged = untagged
    }

    /// Pulls every source. What cannot be read is a failure in the result; the others are pulled nevertheless.
    ///
    /// - Parameter report: called after each batch, which is then safe on disk; what it throws ends the pull.
    public func run(_ sources: [LogSource], report: (Progress) throws -> Void = { _ in }) throws -> Progress {
        do {
            return try pull(sources, report)
        } catch let error as DatabaseError {
            throw StorageError(databaseError: error, file: store.database.path)
        }
    }

    private func pull(_ sources: [LogSource], _ report: (Progress) throws -> Void) throws -> Progress {
        let number = try store.database.write { database in
            try database.execute(
                sql: "INSERT INTO pull (started_at) VALUES (?)", arguments: [Timestamp.milliseconds(Date())])
            return database.lastInsertedRowID
        }
        var progress = Progress()
        for source in sources {
            do {
                try pull(source, number, &progress, report)
            } catch let error as StorageError where error.kind == .input {
                progress.failures.append(error)
            }
        }
        try store.database.write { database in
            try database.execute(
                sql: "UPDATE pull SET finished_at = ? WHERE number = ?",
                arguments: [Timestamp.milliseconds(Date()), number])
        }
        return progress
    }

    private func pull(
        _ source: LogSource, _ pull: Int64, _ progress: inout Progress, _ report: (Progress) throws -> Void
    ) throws {
        var reader = try LogRowReader(source)
        let bytesBefore = progress.byteCount
        var counts = PullReconciliation()
        var isFirst = true
        while true {
            let batch = reader.next()
            if batch == nil, !isFirst, reader.failure == nil { return }
            isFirst = false
            let rows = parsed(batch ?? LogRowReader.Batch())
            let outcomes = try store.database.write { database in
                let outcomes = try keep(rows, pull, database)
                for outcome in outcomes { counts.count(outcome.outcome) }
                try record(source, pull, reader, counts, database)
                return outcomes
            }
            for (row, outcome) in outcomes {
                progress.reconciliation.count(outcome)
                if case .dropped(let reason) = outcome, reason.isLoss, progress.faults.count < LogPull.namedFaults {
                    progress.faults.append(Fault(source: source.name, row: row, reason: reason))
                }
            }
            progress.byteCount = bytesBefore + reader.byteCount
            try report(progress)
            if batch == nil {
                if let failure = reader.failure { progress.failures.append(failure) }
                return
            }
        }
    }

    private func record(
        _ source: LogSource, _ pull: Int64, _ reader: LogRowReader, _ counts: PullReconciliation, _ database: Database
    ) throws {
        let json = JSONValue.object(JSONObject(counts.counts.map { (key: $0.name, value: .integer($0.value)) }))
        try database.cachedStatement(
            sql: "INSERT OR REPLACE INTO pull_source (pull, name, bytes, counts, failure) VALUES (?, ?, ?, ?, ?)"
        ).execute(arguments: [pull, source.path, reader.byteCount, json.serialized(), reader.failure?.description])
    }

    private func keep(
        _ rows: [Parsed], _ pull: Int64, _ database: Database
    ) throws -> [(row: Int, outcome: PullReconciliation.Outcome)] {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO interaction (id, time, workload, model, pull, record) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO NOTHING
                """)
        let origin = try database.cachedStatement(sql: "SELECT pull FROM interaction WHERE id = ?")
        return try rows.map { row, result in
            switch result {
            case .failure(let reason): return (row, .dropped(reason))
            case .success(let kept):
                try insert.execute(arguments: [kept.id, kept.time, kept.workload, kept.model, pull, kept.record])
                if database.changesCount > 0 { return (row, .kept) }
                return (row, try Int64.fetchOne(origin, arguments: [kept.id]) == pull ? .repeated : .present)
            }
        }
    }

    /// A row of the table, ready to be written.
    private struct Kept: Sendable {
        var id: String
        var time: Int
        var workload: String?
        var model: String?
        var record: Data

        init(_ interaction: Interaction) {
            id = interaction.id.hex
            time = Timestamp.milliseconds(interaction.time)
            workload = interaction.workload
            model = interaction.model
            record = Data(interaction.storedRecord)
        }
    }

    private typealias Parsed = (row: Int, result: Result<Kept, DropReason>)

    /// Reads a batch's rows on all cores, in their order.
    private func parsed(_ batch: LogRowReader.Batch) -> [Parsed] {
        if !batch.values.isEmpty {
            return batch.values.enumerated().map { index, value in (index + 1, read { () throws(DropReason) in value })
            }
        }
        let rowsPerTask = 64
        let tasks = (batch.rows.count + rowsPerTask - 1) / rowsPerTask
        let results = Mutex([[Parsed]](repeating: [], count: tasks))
        DispatchQueue.concurrentPerform(iterations: tasks) { task in
            let rows = batch.rows[task * rowsPerTask..<min(batch.rows.count, (task + 1) * rowsPerTask)]
            let parsed = rows.map { number, range in
                let result = read { () throws(DropReason) in
                    guard let range else { throw .lineTooLong }
                    do { return try JSONValue(parsing: batch.bytes[range]) } catch { throw .notJSON }
                }
                return (row: number, result: result)
            }
            results.withLock { $0[task] = parsed }
        }
        return results.withLock { $0.flatMap(\.self) }
    }

    private func read(_ value: () throws(DropReason) -> JSONValue) -> Result<Kept, DropReason> {
        do throws(DropReason) {
            return .success(
                Kept(try Interaction(record: try value(), workload: workload, untagged: untagged)))
        } catch {
            return .failure(error)
        }
    }
}
