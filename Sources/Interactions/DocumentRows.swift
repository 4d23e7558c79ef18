import Conversations

/// Where the rows of a document lie: the values of a text that follow one another, with the elements of a list in the
/// place of the list, and those of an API page's `data` in the place of the page.
///
/// It looks at brackets and quotes only, one byte after the other, and keeps nothing: a document of any shape costs no
/// memory beside its text. Whether a row is JSON is seen when it is parsed.
struct DocumentRows {
    private let bytes: [UInt8]
    private var position = 0
    private var isInList = false
    /// Where the page ends whose list this is.
    private var pageEnd: Int?
    /// Whether brackets and quotes go together, as far as it got.
    private(set) var isSound = true

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    /// The place of the next row; nil after the last, and where the text is not sound.
    mutating func next() -> Range<Int>? {
        while true {
            skipSpace()
            switch byte {
            case nil:
                if isInList { isSound = false }
                return nil
            case UInt8(ascii: ",")? where isInList: position += 1
            case UInt8(ascii: "]")? where isInList:
                isInList = false
                position = pageEnd ?? position + 1
                pageEnd = nil
            case UInt8(ascii: "[")? where !isInList:
                isInList = true
                position += 1
            case UInt8(ascii: "{")? where !isInList:
                guard let range = value() else { return unsound() }
                guard let list = listOfPage(range) else { return range }
                isInList = true
                pageEnd = range.upperBound
                position = list + 1
            default:
                guard isInList, let range = value() else { return unsound() }
                return range
            }
        }
    }

    private mutating func unsound() -> Range<Int>? {
        isSound = false
        return nil
    }

    private var byte: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func skipSpace() {
        while let byte, byte == 0x20 || (0x09...0x0D).contains(byte) { position += 1 }
    }

    /// Goes behind the value that begins here; nil where it does not end.
    private mutating func value() -> Range<Int>? {
        let start = position
        var depth = 0
        repeat {
            switch byte {
            case nil: return nil
            case UInt8(ascii: "\"")?: guard skipString() else { return nil }
            case UInt8(ascii: "{")?, UInt8(ascii: "[")?:
                depth += 1
                position += 1
            case UInt8(ascii: "}")?, UInt8(ascii: "]")?:
                depth -= 1
                position += 1
            default:
                if depth == 0 { return word() }
                position += 1
            }
        } while depth > 0
        return depth == 0 ? start..<position : nil
    }

    private mutating func skipString() -> Bool {
        position += 1
        while let byte {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"): position += 1
            case UInt8(ascii: "\n"): return false
            default: break
            }
        }
        return false
    }

    /// A number, `true`, `null`, or what was to be one.
    private mutating func word() -> Range<Int>? {
        let start = position
        while let byte, byte > 0x20, !",]}".utf8.contains(byte) { position += 1 }
        return start < position ? start..<position : nil
    }

    /// Where the list of a page begins; nil for an object that is a record.
    private func listOfPage(_ range: Range<Int>) -> Int? {
        var inside = self
        inside.position = range.lowerBound + 1
        var list: Int?
        while inside.position < range.upperBound - 1 {
            inside.skipSpace()
            if inside.byte == UInt8(ascii: ",") {
                inside.position += 1
                continue
            }
            guard inside.byte == UInt8(ascii: "\""), let key = inside.value() else { return list }
            inside.skipSpace()
            guard inside.byte == UInt8(ascii: ":") else { return list }
            inside.position += 1
            inside.skipSpace()
            let begin = inside.position
            guard inside.value() != nil else { return list }
            switch String(decoding: bytes[key].dropFirst().dropLast(), as: UTF8.self) {
            case "data": if bytes[begin] == UInt8(ascii: "[") { list = begin }
            case "request", "response", "messages", "choices": return nil
            default: break
            }
        }
        return list
    }
}
