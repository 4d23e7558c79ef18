import JSON
import PlainText
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

        mutating func add(_ number: Int, _ text: ArraySlice<UInt8>?, limit: Int) {
            guard let text, text.count <= limit else {
                rows.append((number, nil))
                return
            }
            let start = bytes.count
            bytes.append(contentsOf: text)
            rows.append((number, start..<bytes.count))
            bytes.append(UInt8(ascii: "\n"))
        }

        var isFull: Bool { bytes.count >= 4 << 20 || rows.count >= 1 << 13 }
    }

    private enum Form {
        case unknown
        case lines
        case document(DocumentRows, count: Int)
    }

    private let reader: LineReader
    private let source: LogSource
    private let limit: Int
    private var form = Form.unknown
    /// Why a document could not be read to its end.
    private var breach: StorageError?

    /// - Parameters:
    ///   - limit: the bytes of the longest row that is kept.
    ///   - isStopped: ends the waiting for a pipe, as if it had ended.
    init(_ source: LogSource, limit: Int, isStopped: @escaping () -> Bool = { false }) throws {
        self.source = source
        self.limit = limit
        reader = try LineReader(path: source.path)
        reader.isStopped = isStopped
        reader.maximumLength = limit
    }

    var byteCount: Int { reader.byteCount }
    var failure: StorageError? { reader.failure ?? breach }

    /// The next rows; nil after the last.
    mutating func next() -> Batch? {
        if case .unknown = form { form = recognized() }
        var batch = Batch()
        switch form {
        case .document(var rows, var count):
            while !batch.isFull, let row = rows.next() {
                count += 1
                batch.add(count, row.text, limit: limit)
            }
            if !rows.isSound, reader.failure == nil { breach = broken(rows, after: count) }
            form = .document(rows, count: count)
        case .lines, .unknown:
            while !batch.isFull, let line = reader.next() {
                if reader.lastLineWasTooLong {
                    batch.add(line.number, nil, limit: limit)
                } else if !line.isBlank {
                    batch.add(line.number, line.unmarked, limit: limit)
                }
            }
        }
        return batch.rows.isEmpty ? nil : batch
    }

    private func broken(_ rows: DocumentRows, after count: Int) -> StorageError {
        StorageError(
            .input,
            "cannot read on in \(source.name) after row \(count): "
                + (rows.isCutOff ? "the text ends early" : "brackets or quotes that do not go together"))
    }

    // MARK: Lines or a document

    /// Looks at the beginning, which is the whole of a small file.
    private func recognized() -> Form {
        let size = max(16 << 20, limit + 1 << 20)
        let beginning = reader.peek(size)
        let isWhole = beginning.count < size
        guard mayBeDocument(beginning, isWhole: isWhole), isDocument(beginning, isWhole: isWhole) else { return .lines }
        let reader = reader
        return .document(DocumentRows(limit: limit) { reader.nextPiece() }, count: 0)
    }

    /// Whether the first line that is not blank may begin a document.
    private func mayBeDocument(_ beginning: ArraySlice<UInt8>, isWhole: Bool) -> Bool {
        var rest = beginning
        var text = rest.prefix(0)
        while text.allSatisfy({ $0 <= 0x20 }), !rest.isEmpty {
            text = rest.prefix { $0 != UInt8(ascii: "\n") }
            rest = rest.dropFirst(text.count + 1)
            text = LineReader.Line(number: 0, bytes: text).unmarked
        }
        let first = text.first { $0 > 0x20 }
        // Of what cannot be looked through, a line that is a record decides.
        if source.mayBeDocument, isWhole || first != UInt8(ascii: "{") { return true }
        switch first {
        case UInt8(ascii: "["): return true
        case UInt8(ascii: "{"):
            guard text.count <= limit else { return source.mayBeDocument }
            do {
                _ = try JSONDocument(parsing: text, values: LogPull.values)
                return false
            } catch {
                return error.offset >= text.count
            }
        default: return false
        }
    }

    /// Whether its values go together, and the first is one: a line that was cut off must not swallow those after it.
    private func isDocument(_ beginning: ArraySlice<UInt8>, isWhole: Bool) -> Bool {
        var rest = beginning
        var rows = DocumentRows(limit: limit) {
            defer { rest = [] }
            return rest
        }
        guard let first = rows.next() else {
            return rows.isSound ? beginning.contains(UInt8(ascii: "[")) : !isWhole && rows.isCutOff
        }
        guard source.mayBeDocument || isValue(first) else { return false }
        while rows.next() != nil {}
        return rows.isSound || !isWhole && rows.isCutOff
    }

    private func isValue(_ row: DocumentRows.Row) -> Bool {
        guard let text = row.text else { return false }
        return (try? JSONDocument(parsing: text, values: LogPull.values)) != nil
    }
}
