import Dialects

/// The rows of a document, one after the other: the values of a text that follow one another, with the elements of a list
/// in the place of the list, and those of an API page's `data` in the place of the page.
///
/// It looks at brackets and quotes only, and keeps no more than the row that it is at: a document of any length and shape
/// costs the memory of its longest row. Whether a row is JSON is seen when it is parsed.
struct DocumentRows {
    struct Row {
        /// nil where it is longer than allowed.
        var text: ArraySlice<UInt8>?
    }

    /// Whether brackets and quotes went together, as far as it got.
    private(set) var isSound = true
    /// Whether what is not sound is only that the text ended.
    private(set) var isCutOff = false

    private let limit: Int
    private let more: () -> ArraySlice<UInt8>
    private var bytes: [UInt8] = []
    private var position = 0
    private var isAtEnd = false
    private var isInList = false
    /// Whether the list is a page's, whose other members come after it.
    private var isInPage = false
    /// Where the row begins that is kept; nil where none is.
    private var start: Int?
    /// Where the list of the object at hand begins, if that is a page, counted from the object's own beginning.
    private var list: Int?
    /// Whether the object at hand is a page that is longer than a row may be.
    private var isLongPage = false

    /// - Parameters:
    ///   - limit: the bytes of the longest row that is kept.
    ///   - more: gives the next bytes, none at the end.
    init(limit: Int, more: @escaping () -> ArraySlice<UInt8>) {
        self.limit = limit
        self.more = more
    }

    /// The next row; nil after the last, and where the text is not sound.
    mutating func next() -> Row? {
        while true {
            skipSpace()
            switch byte() {
            case nil: return isInList ? unsound() : nil
            case UInt8(ascii: ",")? where isInList: position += 1
            case UInt8(ascii: "]")? where isInList:
                position += 1
                isInList = false
                if isInPage, !skip(from: 1) { return unsound() }
                isInPage = false
            case UInt8(ascii: "[")? where !isInList:
                isInList = true
                position += 1
            case UInt8(ascii: "{")? where !isInList:
                start = position
                guard skipObject() || isLongPage else { return unsound() }
                guard let start, let list else { return row() }
                position = start + list + 1
                (self.start, self.list, isLongPage) = (nil, nil, false)
                (isInList, isInPage) = (true, true)
            default:
                start = position
                guard isInList, skip(from: 0) else { return unsound() }
                return row()
            }
        }
    }

    private mutating func unsound() -> Row? {
        isSound = false
        isCutOff = byte() == nil
        return nil
    }

    private mutating func row() -> Row {
        defer { (start, list) = (nil, nil) }
        guard let start, position - start <= limit else { return Row(text: nil) }
        return Row(text: bytes[start..<position])
    }

    // MARK: The text

    /// The byte here; nil at the end.
    private mutating func byte() -> UInt8? {
        if position == bytes.count { refill() }
        return position < bytes.count ? bytes[position] : nil
    }

    /// Keeps what the row at hand has so far, unless that is more than it may.
    private mutating func refill() {
        guard !isAtEnd, !isLongPage else { return }
        if let kept = start, position - kept > limit {
            guard list == nil else {
                // The rows are in its list, which is still here from its beginning.
                isLongPage = true
                return
            }
            start = nil
        }
        let piece = more()
        isAtEnd = piece.isEmpty
        if isAtEnd { return }
        let kept = start ?? position
        bytes.removeFirst(kept)
        position -= kept
        if start != nil { start = 0 }
        bytes.append(contentsOf: piece)
    }

    /// White space, and the marks of files that were put together.
    private mutating func skipSpace() {
        while let byte = byte(), byte == 0x20 || (0x09...0x0D).contains(byte) || [0xEF, 0xBB, 0xBF].contains(byte) {
            position += 1
        }
    }

    // MARK: Values

    /// Goes behind the value that begins here, or, from inside so many brackets, behind the last of these; false where there
    /// is no end.
    private mutating func skip(from depth: Int) -> Bool {
        var depth = depth
        repeat {
            switch byte() {
            case nil: return false
            case UInt8(ascii: "\"")?: guard skipString() else { return false }
            case UInt8(ascii: "{")?, UInt8(ascii: "[")?:
                depth += 1
                position += 1
            case UInt8(ascii: "}")?, UInt8(ascii: "]")?:
                depth -= 1
                position += 1
            default:
                if depth == 0 { return skipWord() }
                position += 1
            }
        } while depth > 0
        return depth == 0
    }

    private mutating func skipString() -> Bool {
        position += 1
        while let byte = byte() {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return true
            case UInt8(ascii: "\\"):
                guard self.byte() != nil else { return false }
                position += 1
            case UInt8(ascii: "\n"): return false
            default: break
            }
        }
        return false
    }

    /// A number, `true`, `null`, or what was to be one.
    private mutating func skipWord() -> Bool {
        var isEmpty = true
        while let byte = byte(), byte > 0x20, !",]}".utf8.contains(byte) {
            position += 1
            isEmpty = false
        }
        return !isEmpty
    }

    /// Goes behind the object that begins here; false where it does not end. ``list`` then says where the rows of a page are.
    ///
    /// A page has its rows in `data`, and no member that a record has. One that is longer than a row may be is known by what
    /// comes before its list.
    private mutating func skipObject() -> Bool {
        var isRecord = false
        position += 1
        while true {
            skipSpace()
            switch byte() {
            case nil: return false
            case UInt8(ascii: "}")?:
                position += 1
                return true
            case UInt8(ascii: ",")?:
                position += 1
                continue
            case UInt8(ascii: "\"")?: break
            // No object, whose brackets say nevertheless where it ends.
            default: return skip(from: 1)
            }
            let begin = start.map { position - $0 }
            guard skipString() else { return false }
            let key = begin.flatMap { begin in start.map { bytes[($0 + begin + 1)..<(position - 1)] } }
            skipSpace()
            guard byte() == UInt8(ascii: ":") else { return skip(from: 1) }
            position += 1
            skipSpace()
            if let key, DocumentRows.recordKeys.contains(where: key.elementsEqual) {
                isRecord = true
                list = nil
            }
            if let key, let start, !isRecord, key.elementsEqual("data".utf8), byte() == UInt8(ascii: "[") {
                list = position - start
            }
            guard skip(from: 0) else { return false }
        }
    }

    private static let recordKeys = LogRecord.keys.map { Array($0.utf8) }
}
