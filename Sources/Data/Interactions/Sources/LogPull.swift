public import Dialects
import Dispatch
import Foundation
import GRDB
import JSON
public import Storage
import Synchronization

/// What became of one row of a source.
private struct PulledRow {
    var row: Int
    var outcome: PullReconciliation.Outcome
    var notes: Set<RowNote> = []
    var fault: RowFault?
}

extension PullReconciliation {
    fileprivate mutating func count(_ row: PulledRow) {
        count(row.outcome)
        for note in row.notes { count(note) }
    }
}

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
        /// What about it: a place in the row, a field, a word.
        public var detail: String?

        public var description: String {
            "\(source):\(row): \(reason.text)" + (detail.map { ": \($0)" } ?? "")
        }
    }

    /// What a pull did so far.
    public struct Progress: Sendable {
        public internal(set) var reconciliation = PullReconciliation()
        /// Bytes read, decompressed.
        public internal(set) var byteCount = 0
        /// The first rows that were dropped, and the first for every further reason.
        public internal(set) var faults: [Fault] = []
        /// Sources that could not be read to their end, and why.
        public internal(set) var failures: [StorageError] = []
    }

    /// How many faults are named whatever their reasons; all are counted.
    public static let namedFaults = 5

    private let store: InteractionStore
    private let workload: String?
    private let untagged: String?
    private let rowLimit: Int
    private let isStopped: @Sendable () -> Bool

    /// How many bytes a row has at most, unless somebody says otherwise.
    public static let defaultRowLimit = 8 << 20
    /// Logs nest less deeply than JSON may, so that what is stored around a row can always be read.
    private static let depth = JSONValue.maximumDepth - 16
    /// A row holds no more values than the longest answer with the log-probabilities of twenty tokens at every place.
    static let values = 2_000_000

    /// - Parameters:
    ///   - workload: the workload wanted; nil takes all.
    ///   - untagged: the workload of rows without a tag.
    ///   - rowLimit: longer rows are dropped.
    ///   - isStopped: asked while a pipe has nothing to read; true ends the pull after what was read.
    public init(
        store: InteractionStore, workload: String? = nil, untagged: String? = nil,
        rowLimit: Int = LogPull.defaultRowLimit, isStopped: @escaping @Sendable () -> Bool = { false }
    ) {
        self.store = store
        self.workload = workload
        self.untagged = untagged
        self.rowLimit = rowLimit
        self.isStopped = isStopped
    }

    /// Pulls every source. What cannot be read is a failure in the result; the others are pulled nevertheless.
    ///
    /// - Parameter report: called after each batch, which is then safe on disk; what it throws ends the pull.
    public func run(_ sources: [LogSource], report: (Progress) throws -> Void = { _ in }) throws -> Progress {
        let number = try store.database.write { database in
            try database.execute(
                sql: "INSERT INTO pull (started_at) VALUES (?)", arguments: [Date().column])
            return database.lastInsertedRowID
        }
        var progress = Progress()
        for source in sources {
            do {
                try pull(source, number, &progress, report)
                if isStopped() { try report(progress) }
            } catch let error as StorageError where error.kind == .input {
                progress.failures.append(error)
            }
        }
        try store.database.write { database in
            try database.execute(
                sql: "UPDATE pull SET finished_at = ? WHERE number = ?",
                arguments: [Date().column, number])
        }
        return progress
    }

    private func pull(
        _ source: LogSource, _ pull: Int64, _ progress: inout Progress, _ report: (Progress) throws -> Void
    ) throws {
        var reader = try LogRowReader(source, limit: rowLimit, isStopped: isStopped)
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
                for outcome in outcomes { counts.count(outcome) }
                try record(source, pull, reader, counts, database)
                return outcomes
            }
            for outcome in outcomes {
                progress.reconciliation.count(outcome)
                if let fault = outcome.fault, fault.reason.isLoss,
                    progress.faults.count < LogPull.namedFaults
                        || !progress.faults.contains(where: { $0.reason == fault.reason })
                {
                    progress.faults.append(
                        Fault(source: source.name, row: outcome.row, reason: fault.reason, detail: fault.detail))
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

    private func keep(_ rows: [Parsed], _ pull: Int64, _ database: Database) throws -> [PulledRow] {
        let insert = try database.cachedStatement(
            sql: """
                INSERT INTO interaction (id, time, workload, model, pull, record) VALUES (?, ?, ?, ?, ?, ?)
                ON CONFLICT (id) DO NOTHING
                """)
        return try rows.map { row, result in
            switch result {
            case .failure(let fault): return PulledRow(row: row, outcome: .dropped(fault.reason), fault: fault)
            case .success(let kept):
                var pulled = PulledRow(row: row, outcome: .kept, notes: kept.notes)
                try insert.execute(arguments: [kept.id, kept.time, kept.workload, kept.model, pull, kept.record])
                if database.changesCount > 0 { return pulled }
                let found = try InteractionStore.tag(kept.id, kept.workload, database)
                pulled.outcome = found.pull == pull ? .repeated : .present
                if found.isTaggedNow { pulled.notes.insert(.taggedLater) }
                return pulled
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
        var notes: Set<RowNote>

        init(_ interaction: Interaction, _ notes: Set<RowNote>) {
            id = interaction.id.column
            time = interaction.time.column
            workload = interaction.workload
            model = interaction.model
            record = Data(interaction.storedRecord)
            self.notes = notes
        }
    }

    private typealias Parsed = (row: Int, result: Result<Kept, RowFault>)

    /// Reads a batch's rows on all cores, in their order.
    private func parsed(_ batch: LogRowReader.Batch) -> [Parsed] {
        let rowsPerTask = 64
        let tasks = (batch.rows.count + rowsPerTask - 1) / rowsPerTask
        let results = Mutex([[Parsed]](repeating: [], count: tasks))
        DispatchQueue.concurrentPerform(iterations: tasks) { task in
            let rows = batch.rows[task * rowsPerTask..<min(batch.rows.count, (task + 1) * rowsPerTask)]
            let parsed = rows.map { number, range in
                let result = Result { () throws(RowFault) in
                    guard let range else { throw RowFault(.lineTooLong, "more than \(rowLimit) bytes") }
                    return try read(batch.bytes[range])
                }
                return (row: number, result: result)
            }
            results.withLock { $0[task] = parsed }
        }
        return results.withLock { $0.flatMap(\.self) }
    }

    private func read(_ text: ArraySlice<UInt8>) throws(RowFault) -> Kept {
        let document: JSONDocument
        do {
            document = try JSONDocument(parsing: text, depth: LogPull.depth, values: LogPull.values)
        } catch {
            let line = error.line > 1 ? "line \(error.line), " : ""
            throw RowFault(.notJSON, "\(error.reason) at \(line)column \(error.column)")
        }
        var notes: Set<RowNote> = []
        var record = document.value
        if document.repeatedKeys > 0 { notes.insert(.repeatedKeys) }
        if document.loneHalves > 0 {
            var replaced = 0
            record = try SplitCharacters.joined(text, record, replaced: &replaced)
            if replaced > 0 { notes.insert(.loneHalves) }
        }
        let interaction = try Interaction(LogRecord(record, notes: &notes), workload: workload, untagged: untagged)
        return Kept(interaction, notes)
    }
}
