/// A JSON text that was read, and what its reader had to decide: for those who must not change a text silently.
public struct JSONDocument: Sendable {
    /// What becomes of half a surrogate pair (`\ud83d` without the other half), for which UTF-8 has no bytes.
    public enum Halves: Sendable {
        /// U+FFFD stands for it.
        case replaced
        /// A placeholder stands for it, until ``JSONValue/joiningHalves(replaced:)`` joins or replaces it: the two halves of one
        /// character may lie in two strings that are to be put together.
        case kept
    }

    public let value: JSONValue
    /// How many members had the key of an earlier member of their object. The last value of a key counts.
    public let repeatedKeys: Int
    /// How many halves of surrogate pairs stood alone.
    public let loneHalves: Int

    /// Parses one JSON value (RFC 8259) that fills the whole text, apart from white space around it.
    ///
    /// - Parameters:
    ///   - depth: how deeply arrays and objects may nest.
    ///   - values: how many values it may hold, all levels together: in memory, each takes many times its text.
    public init(
        parsing bytes: some Sequence<UInt8>, halves: Halves = .replaced, depth: Int = JSONValue.maximumDepth,
        values: Int = .max
    ) throws(JSONError) {
        let result =
            bytes.withContiguousStorageIfAvailable { JSONParser.document($0, halves, depth, values) }
            ?? Array(bytes).withUnsafeBufferPointer { JSONParser.document($0, halves, depth, values) }
        self = try result.get()
    }

    init(value: JSONValue, repeatedKeys: Int, loneHalves: Int) {
        self.value = value
        self.repeatedKeys = repeatedKeys
        self.loneHalves = loneHalves
    }
}

extension JSONValue {
    /// How deeply arrays and objects may nest; deeper input is refused rather than allowed to exhaust the stack.
    public static let maximumDepth = 256

    /// Parses one JSON value (RFC 8259) that fills the whole text, apart from white space around it.
    public init(parsing text: String) throws(JSONError) {
        var text = text
        let result = text.withUTF8 { bytes in JSONParser.document(bytes, .replaced, JSONValue.maximumDepth, .max) }
        self = try result.get().value
    }

    /// Parses one JSON value (RFC 8259) from UTF-8 bytes.
    public init(parsing bytes: some Sequence<UInt8>) throws(JSONError) {
        self = try JSONDocument(parsing: bytes).value
    }
}
