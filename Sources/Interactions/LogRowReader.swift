import Conversations
import Storage

/// The rows of one source, a batch at a time, so that memory does not grow with the file.
///
/// A row is a line, or a value of a document: a list of records, an API's page, records over several lines each.
struct LogRowReader {
    /// Rows that are kept in memory together.
    struct Batch {
        /// The text of all rows, one after another.
        var bytes: [UInt8] = []
        /// A row: its line, or its place in a document, from 1; and where its text lies. nil for a row that is too long.
        var rows: [(number: Int, range: Range<Int>?)] = []

        mutating func add(_ number: Int, _ text: some Collection<UInt8>, limit: Int) {
            guard text.count <= limit else {
                rows.append((number, nil))
                return
            }
            let start = bytes.count
            bytes.append(contentsOf: text)
            rows.append((number, start..<bytes.count))
            bytes.append(UInt8(ascii: "\n"))
        }

        mutating func add(_ line: LineReader.Line, isTooLong: Bool, limit: Int) {
            if isTooLong {
                rows.append((line.number, nil))
            } else if !line.isBlank {
                add(line.number, line.unmarked, limit: limit)
            }
        }

        var isFull: Bool { bytes.count >= 4 << 20 || rows.count >= 4096 }
    }

    /// A document must fit into memory whole.
    private static let documentBytes = 256 << 20

    private enum Form {
        case unknown
        case lines
        case document(DocumentRows, text: [UInt8], count: Int)
    }

    private let reader: LineReader
    private let source: LogSource
    private let limit: Int
    private var form = Form.unknown
    /// What was read in the hope of a document, and is lines.
    private var held: HeldLines?

    /// - Parameters:
    ///   - limit: the bytes of the longest row that is kept.
    ///   - isStopped: ends the waiting for a pipe, as if it had ended.
    init(_ source: LogSource, limit: Int, isStopped: @escaping () -> Bool = { false }) throws {
        self.source = source
        self.limit = limit
        reader = try LineReader(path: source.path)
        reader.isStopped = isStopped
    }

    var byteCount: Int { reader.byteCount }
    var failure: StorageError? { reader.failure }

    /// The next rows; nil after the last.
    mutating func next() -> Batch? {
        if case .unknown = form { form = recognized() }
        var batch = Batch()
        switch form {
        case .document(var rows, let text, var count):
            while !batch.isFull, let range = rows.next() {
                count += 1
                batch.add(count, text[range], limit: limit)
            }
            form = .document(rows, text: text, count: count)
        case .lines, .unknown:
            while !batch.isFull, let line = held?.next() {
                batch.add(line, isTooLong: held?.tooLong == line.number, limit: limit)
            }
            if !batch.isFull { held = nil }
            while !batch.isFull, let line = reader.next() {
                batch.add(line, isTooLong: reader.lastLineWasTooLong, limit: limit)
            }
        }
        return batch.rows.isEmpty ? nil : batch
    }

    /// Looks at the beginning, and if it may be a document's, at the rest.
    private mutating func recognized() -> Form {
        reader.maximumLength = LogRowReader.documentBytes
        defer { reader.maximumLength = limit }
        var lines = HeldLines()
        var isPossible: Bool?
        while isPossible ?? true, !reader.lastLineWasTooLong, lines.bytes.count < LogRowReader.documentBytes,
            let line = reader.next()
        {
            lines.add(line, isTooLong: reader.lastLineWasTooLong)
            if isPossible == nil, !line.isBlank { isPossible = mayBeginDocument(line) }
        }
        let isWhole = isPossible == true && !reader.lastLineWasTooLong && lines.bytes.count < LogRowReader.documentBytes
        if isWhole, isDocument(lines.bytes) {
            return .document(DocumentRows(lines.bytes), text: lines.bytes, count: 0)
        }
        held = lines
        return .lines
    }

    private func mayBeginDocument(_ line: LineReader.Line) -> Bool {
        if source.mayBeDocument { return true }
        switch line.unmarked.first(where: { $0 > 0x20 }) {
        case UInt8(ascii: "["): return true
        case UInt8(ascii: "{"):
            let text = line.unmarked
            guard text.count <= limit else { return false }
            do {
                _ = try JSONValue(parsing: text)
                return false
            } catch {
                return error.offset >= text.count
            }
        default: return false
        }
    }

    /// Whether its values go together, and the first is one: a line that was cut off must not swallow those after it.
    private func isDocument(_ bytes: [UInt8]) -> Bool {
        var rows = DocumentRows(bytes)
        guard let first = rows.next() else { return rows.isSound && bytes.contains(UInt8(ascii: "[")) }
        guard source.mayBeDocument || first.count <= limit && (try? JSONValue(parsing: bytes[first])) != nil else {
            return false
        }
        while rows.next() != nil {}
        return rows.isSound
    }
}
