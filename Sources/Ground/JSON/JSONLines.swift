import PlainText

/// JSON Lines: one JSON value a line, each line ended by LF.
public enum JSONLines {
    /// Whether a line holds no value: it is empty, or spaces, tabs and a carriage return. Other bytes, NUL among them, are
    /// content that somebody must answer for.
    public static func isBlank(_ line: some Collection<UInt8>) -> Bool {
        line.unmarked.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }

    /// The value of a line, of which a reader has nothing to decide: each key stands once, each character is whole.
    public static func value(of line: some Collection<UInt8>) throws(JSONLineError) -> JSONValue {
        let document: JSONDocument
        do throws(JSONError) {
            document = try JSONDocument(parsing: line.unmarked)
        } catch {
            throw .notJSON(error)
        }
        if let doubt = document.doubt { throw .doubt(doubt) }
        return document.value
    }

    /// The lines of some values.
    public static func bytes(_ values: some Sequence<JSONValue>) -> [UInt8] {
        var bytes: [UInt8] = []
        for value in values { append(value, to: &bytes) }
        return bytes
    }

    /// Appends the line of a value.
    public static func append(_ value: JSONValue, to bytes: inout [UInt8]) {
        bytes += value.serializedBytes()
        bytes.append(UInt8(ascii: "\n"))
    }
}

/// Why a line has no value that can be used. Says nothing of what stands in it.
public enum JSONLineError: Error, Hashable, Sendable, CustomStringConvertible {
    /// It is longer than what is kept, in bytes.
    case tooLong(limit: Int)
    case notJSON(JSONError)
    /// What a reader would have to decide, ``JSONDocument/doubt``.
    case doubt(String)

    public var description: String {
        switch self {
        case .tooLong(let limit): "longer than \(limit) bytes, expected a shorter line"
        // Its line is always 1; the column says where.
        case .notJSON(let error):
            "not valid JSON: \(error.reason) at column \(error.column), expected one JSON value a line"
        case .doubt(let doubt): doubt
        }
    }
}
