import Conversations
import Foundation
import Interactions
import Storage
import Synchronization

/// Appends every decision to a file, a JSON line each, whole or not at all.
final class DecisionLog: Sendable {
    private struct State {
        var handle: FileHandle
        var written = 0
        var lost = 0
    }

    private let path: String
    private let state: Mutex<State>
    private let warn: @Sendable (String) -> Void

    /// Opens a log, making it if it is not there; a line that a crash cut short is ended first.
    init(path: String, warn: @escaping @Sendable (String) -> Void) throws {
        self.path = path
        state = Mutex(State(handle: try DecisionLog.open(path)))
        self.warn = warn
    }

    private static func open(_ path: String) throws -> FileHandle {
        let handle = try FileHandle(appendingTo: path)
        let size = try handle.seekToEnd()
        if size > 0 {
            try handle.seek(toOffset: size - 1)
            if try handle.read(upToCount: 1) != Data([UInt8(ascii: "\n")]) { try handle.writeAll([UInt8(ascii: "\n")]) }
        }
        return handle
    }

    /// Opens the log's path anew: what was moved away from there gets no more lines.
    func reopen() throws {
        let handle = try DecisionLog.open(path)
        state.withLock { $0.handle = handle }
    }

    /// Lines written and lines that the device refused.
    var counts: (written: Int, lost: Int) { state.withLock { ($0.written, $0.lost) } }

    /// An answer that was given must not fail because it could not be noted; the loss is counted and said once.
    func append(_ record: DecisionRecord) {
        let line = record.json.serializedBytes() + [UInt8(ascii: "\n")]
        let failure = state.withLock { state -> String? in
            do {
                try state.handle.writeAll(line)
                state.written += 1
                return nil
            } catch {
                state.lost += 1
                return state.lost == 1 ? "\(error)" : nil
            }
        }
        if let failure { warn("the decision log misses lines: \(failure)") }
    }
}
