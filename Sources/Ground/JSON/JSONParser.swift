/// A recursive-descent parser over UTF-8 bytes that it does not own.
struct JSONParser {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0
    private let halves: JSONDocument.Halves
    private let maximumDepth: Int
    private let maximumValues: Int
    private var values = 0
    private var depth = 0
    private var repeatedKeys = 0
    private var loneHalves = 0

    static func document(
        _ bytes: UnsafeBufferPointer<UInt8>, _ halves: JSONDocument.Halves, _ depth: Int, _ values: Int
    ) -> Result<JSONDocument, JSONError> {
        var parser = JSONParser(bytes, halves, depth, values)
        do throws(JSONError) {
            let value = try parser.value()
            parser.skipWhiteSpace()
            if parser.position < bytes.count { throw parser.error(parser.surplus) }
            return .success(
                JSONDocument(value: value, repeatedKeys: parser.repeatedKeys, loneHalves: parser.loneHalves))
        } catch {
            return .failure(error)
        }
    }

    private init(
        _ bytes: UnsafeBufferPointer<UInt8>, _ halves: JSONDocument.Halves, _ maximumDepth: Int, _ maximumValues: Int
    ) {
        self.bytes = bytes
        self.halves = halves
        self.maximumDepth = maximumDepth
        self.maximumValues = maximumValues
    }

    func error(_ reason: String) -> JSONError { error(reason, at: position) }

    func error(_ reason: String, at place: Int) -> JSONError {
        let before = bytes[..<Swift.min(place, bytes.count)]
        let line = before.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        let lineStart = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
        return JSONError(
            reason: place >= bytes.count ? "the text ends early" : reason, offset: place, line: line,
            column: place - lineStart + 1)
    }

    /// What is wrong with a byte after the value.
    private var surplus: String {
        switch peek() {
        case UInt8(ascii: "{"), UInt8(ascii: "["): "a second value after the first"
        case UInt8(ascii: ","): "a comma after the value"
        case 0: "a NUL byte after the value"
        default: "text after the value"
        }
    }

    private mutating func skipWhiteSpace() {
        while position < bytes.count {
            switch bytes[position] {
            case 0x20, 0x09, 0x0A, 0x0D: position += 1
            default: return
            }
        }
    }

    func peek() -> UInt8 { position < bytes.count ? bytes[position] : 0 }

    private mutating func value() throws(JSONError) -> JSONValue {
        skipWhiteSpace()
        values += 1
        guard values <= maximumValues else { throw error("more than \(maximumValues) values") }
        switch peek() {
        case UInt8(ascii: "{"): return try nested { parser throws(JSONError) in try parser.object() }
        case UInt8(ascii: "["): return try nested { parser throws(JSONError) in try parser.array() }
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "t"): return try literal("true", .bool(true))
        case UInt8(ascii: "f"): return try literal("false", .bool(false))
        case UInt8(ascii: "n"): return try literal("null", .null)
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): return try number()
        default: throw error(unexpected)
        }
    }

    /// What stands where a value was expected: words that other languages write, and JSON has not.
    private var unexpected: String {
        for word in ["NaN", "Infinity", "-Infinity", "None", "True", "False", "undefined"] where starts(with: word) {
            return "\(word) is no JSON, expected a value"
        }
        return switch peek() {
        case UInt8(ascii: "'"): "a value in single quotes, expected double ones"
        case 0: "a NUL byte, expected a value"
        default: "a value was expected"
        }
    }

    private func starts(with word: String) -> Bool { bytes[position...].starts(with: word.utf8) }

    private mutating func nested(
        _ body: (inout JSONParser) throws(JSONError) -> JSONValue
    ) throws(JSONError) -> JSONValue {
        guard depth < maximumDepth else { throw error("nested deeper than \(maximumDepth) levels") }
        depth += 1
        defer { depth -= 1 }
        return try body(&self)
    }

    private mutating func literal(_ word: StaticString, _ value: JSONValue) throws(JSONError) -> JSONValue {
        let matches = word.withUTF8Buffer { expected in
            position + expected.count <= bytes.count
                && bytes[position..<position + expected.count].elementsEqual(expected)
        }
        guard matches else { throw error("a value was expected") }
        position += word.utf8CodeUnitCount
        return value
    }

    private mutating func object() throws(JSONError) -> JSONValue {
        position += 1
        var members: [(key: String, value: JSONValue)] = []
        skipWhiteSpace()
        if peek() == UInt8(ascii: "}") {
            position += 1
            return .object(JSONObject())
        }
        while true {
            skipWhiteSpace()
            guard peek() == UInt8(ascii: "\"") else { throw error("a key in quotes was expected") }
            let key = try string()
            skipWhiteSpace()
            guard peek() == UInt8(ascii: ":") else { throw error("':' was expected after a key") }
            position += 1
            members.append((key, try value()))
            skipWhiteSpace()
            switch peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "}"):
                position += 1
                let object = JSONObject(members)
                repeatedKeys += members.count - object.count
                return .object(object)
            default: throw error("',' or '}' was expected")
            }
        }
    }

    private mutating func array() throws(JSONError) -> JSONValue {
        position += 1
        var elements: [JSONValue] = []
        skipWhiteSpace()
        if peek() == UInt8(ascii: "]") {
            position += 1
            return .array(elements)
        }
        while true {
            elements.append(try value())
            skipWhiteSpace()
            switch peek() {
            case UInt8(ascii: ","): position += 1
            case UInt8(ascii: "]"):
                position += 1
                return .array(elements)
            default: throw error("',' or ']' was expected")
            }
        }
    }

    /// Half a surrogate pair that stands alone in its string.
    mutating func loneHalf(_ half: UInt32) -> Unicode.Scalar {
        loneHalves += 1
        return halves == .kept ? JSONHalf.placeholder(of: half) : JSONHalf.replacement
    }
}
