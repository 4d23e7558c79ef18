import Dialects
import Foundation
import JSON
import Storage
import Synchronization

/// Appends every decision to a file, a JSON line each, whole or not at all.
final class DecisionLog: Sendable {
    /// What became of the records, and how the file is.
    struct Condition: Sendable {
        var written = 0
        var lost = 0
        /// Lines that hold a part of a record: found there or left there, since a crash or a full disk cut them.
        var torn = 0
        /// Why the newest record could not be written; nil when it was.
        var failure: String?
    }

    private struct State {
        var file: DecisionFile
        var condition = Condition()

        init(_ file: DecisionFile) {
            self.file = file
            condition.torn = file.isTorn ? 1 : 0
        }
    }

    private let path: String
    private let state: Mutex<State>
    private let warn: @Sendable (String) -> Void

    /// Opens a log, making it for its owner alone if it is not there, since it holds what people wrote.
    init(path: String, warn: @escaping @Sendable (String) -> Void) throws {
        self.path = path
        state = Mutex(State(try DecisionFile(path)))
        self.warn = warn
    }

    /// Opens the log's path anew: what was moved away from there gets no more lines. No record is being written meanwhile.
    func reopen() throws {
        try state.withLock { state in
            let file = try DecisionFile(path)
            // The same file may be opened again.
            if file.isTorn, !state.file.isTorn { state.condition.torn += 1 }
            state.file = file
        }
    }

    var condition: Condition { state.withLock { $0.condition } }

    /// An answer that was given must not fail because it could not be noted; the loss is counted, and said when it begins
    /// and when it ends.
    func append(_ record: DecisionRecord) {
        let line = record.json.serializedBytes() + [UInt8(ascii: "\n")]
        let news = state.withLock { state -> String? in
            let wasTorn = state.file.isTorn
            do {
                try state.file.append(line)
                state.condition.written += 1
                defer { state.condition.failure = nil }
                return state.condition.failure.map { _ in
                    "the decision log is written again; it misses \(state.condition.lost) records in all"
                }
            } catch {
                let isNew = state.condition.failure == nil
                state.condition.lost += 1
                state.condition.failure = "\(error)"
                if state.file.isTorn, !wasTorn { state.condition.torn += 1 }
                return isNew ? "the decision log misses records: \(error)" : nil
            }
        }
        if let news { warn(news) }
    }

    /// Why the server is degraded; empty while decisions are noted.
    var complaints: [String] {
        let condition = condition
        return condition.failure.map { ["the decision log misses \(condition.lost) records: \($0)"] } ?? []
    }

    /// What `/healthz` says of it.
    var health: JSONValue {
        let (condition, size) = state.withLock { ($0.condition, $0.file.size) }
        return [
            "written": .integer(condition.written), "lost": .integer(condition.lost), "torn": .integer(condition.torn),
            "bytes": size.map(JSONValue.integer) ?? .null,
            "failure": condition.failure.map(JSONValue.string) ?? .null,
        ]
    }
}
