public import JSON
import PlainText

/// The lines of a file of JSON Lines, or of standard input, plain or gzip; blank ones are passed over.
public final class JSONLinesReader {
    /// A line that is not blank.
    public struct Line {
        /// From 1; blank lines count.
        public let number: Int
        /// nil for a line that is too long to be kept.
        private let bytes: ArraySlice<UInt8>?
        private let limit: Int

        init(number: Int, bytes: ArraySlice<UInt8>?, limit: Int) {
            self.number = number
            self.bytes = bytes
            self.limit = limit
        }

        /// The value in it.
        public func value() throws(JSONLineError) -> JSONValue {
            guard let bytes else { throw .tooLong(limit: limit) }
            return try JSONLines.value(of: bytes)
        }
    }

    private let lines: LineReader

    /// Opens a file; `-` is standard input. gzip is recognized by its content.
    public init(path: String) throws { lines = try LineReader(path: path) }

    /// What messages call the source.
    public var name: String { lines.name }

    /// The next line that is not blank; nil after the last.
    ///
    /// - Throws: `StorageError` where reading cannot go on: a damaged gzip stream, a failing device.
    public func next() throws(StorageError) -> Line? {
        while let line = lines.next() {
            if lines.lastLineWasTooLong {
                return Line(number: line.number, bytes: nil, limit: lines.maximumLength)
            }
            if !line.isBlank { return Line(number: line.number, bytes: line.bytes, limit: lines.maximumLength) }
        }
        if let failure = lines.failure { throw failure }
        return nil
    }
}
