import Conversations
import Storage

/// The rows of one source, a batch at a time, so that memory does not grow with the file.
struct LogRowReader {
    /// Rows that are kept in memory together.
    struct Batch {
        /// The text of all lines, one after another.
        var bytes: [UInt8] = []
        /// A row: its line, or its place in a list, from 1; and where its text lies. nil for a line that is too long.
        var rows: [(number: Int, range: Range<Int>?)] = []
        /// The rows of a document, which has been parsed already; then `rows` is empty.
        var values: [JSONValue] = []

        var isEmpty: Bool { rows.isEmpty && values.isEmpty }
    }

    private static let batchBytes = 4 << 20
    private static let batchRows = 4096
    /// A document must fit into memory whole.
    private static let documentBytes = 256 << 20

    private let reader: LineReader
    private var mayBeDocument: Bool
    /// What was read in the hope of a document.
    private var pending: Batch?
    private var numberBefore = 0

    init(_ source: LogSource) throws {
        reader = try LineReader(path: source.path)
        mayBeDocument = source.mayBeDocument
    }

    var byteCount: Int { reader.byteCount }
    var failure: StorageError? { reader.failure }

    /// The next rows; nil after the last.
    mutating func next() -> Batch? {
        if mayBeDocument {
            mayBeDocument = false
            if let document = document() { return document.isEmpty ? nil : document }
        }
        if let batch = pending {
            pending = nil
            return batch
        }
        let batch = lines(bytes: LogRowReader.batchBytes, rows: LogRowReader.batchRows)
        return batch.isEmpty ? nil : batch
    }

    private func lines(bytes limit: Int, rows: Int) -> Batch {
        var batch = Batch()
        while batch.bytes.count < limit, batch.rows.count < rows, let line = reader.next() {
            if reader.lastLineWasTooLong {
                batch.rows.append((line.number, nil))
            } else if line.bytes.contains(where: { $0 > 0x20 }) {
                let start = batch.bytes.count
                batch.bytes.append(contentsOf: line.bytes)
                batch.rows.append((line.number, start..<batch.bytes.count))
                batch.bytes.append(UInt8(ascii: "\n"))
            }
        }
        return batch
    }

    /// The records of a file that is one JSON value over several lines, or one list. A file of lines is kept in
    /// ``pending`` instead, and so is one too large to be anything else.
    private mutating func document() -> Batch? {
        let text = lines(bytes: LogRowReader.documentBytes, rows: .max)
        guard text.bytes.count < LogRowReader.documentBytes, text.rows.allSatisfy({ $0.range != nil }),
            let value = try? JSONValue(parsing: text.bytes)
        else {
            pending = text.isEmpty ? nil : text
            return nil
        }
        var batch = Batch()
        batch.values = value.arrayValue ?? value["data"]?.arrayValue ?? [value]
        return batch
    }
}
