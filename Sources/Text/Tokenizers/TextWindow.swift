/// A stretch of a text that a cutter looks at: behind its end there is nothing, as at the end of a text.
struct TextWindow {
    let text: UnsafeBufferPointer<UInt8>
    let range: Range<Int>

    var start: Int { range.lowerBound }
    var end: Int { range.upperBound }

    /// The class of the character at a place, and its length; no class and no length at the end.
    @inline(__always)
    func look(_ position: Int) -> (classes: CharacterClass, length: Int) {
        if position >= range.upperBound { return ([], 0) }
        let first = text[position]
        if first < 0x80 { return (CharacterClass(rawValue: TextWindow.ascii[Int(first)]), 1) }
        let (scalar, length) = UTF8Scan.character(text, position)
        return (CharacterClass.of(scalar), length)
    }

    /// The character at a place that is not the end, its class and its length.
    @inline(__always)
    func character(_ position: Int) -> (scalar: UInt32, classes: CharacterClass, length: Int) {
        let (scalar, length) = UTF8Scan.character(text, position)
        return (scalar, CharacterClass.of(scalar), length)
    }

    /// The byte at a place; 0xFF, which is in no UTF-8, at the end.
    @inline(__always)
    func byte(_ position: Int) -> UInt8 { position < range.upperBound ? text[position] : 0xFF }

    /// Where the run of characters of these classes that begins at `position` ends.
    @inline(__always)
    func skip(_ classes: CharacterClass, from position: Int) -> Int {
        var place = position
        while true {
            let (found, length) = look(place)
            if !found.meets(classes) { return place }
            place &+= length
        }
    }

    /// The same for characters of none of these classes.
    @inline(__always)
    func skip(except classes: CharacterClass, from position: Int) -> Int {
        var place = position
        while true {
            let (found, length) = look(place)
            if length == 0 || found.meets(classes) { return place }
            place &+= length
        }
    }

    /// The end of an English contraction (`'s`, `'t`, `'re`, `'ve`, `'m`, `'ll`, `'d`) at `position`, or nil.
    @inline(__always)
    func contraction(at position: Int, ignoresCase: Bool) -> Int? {
        if byte(position) != UInt8(ascii: "'") { return nil }
        let fold: UInt8 = ignoresCase ? 0x20 : 0
        switch byte(position &+ 1) | fold {
        case UInt8(ascii: "s"), UInt8(ascii: "t"), UInt8(ascii: "m"), UInt8(ascii: "d"): return position &+ 2
        case UInt8(ascii: "r"), UInt8(ascii: "v"):
            return byte(position &+ 2) | fold == UInt8(ascii: "e") ? position &+ 3 : nil
        case UInt8(ascii: "l"): return byte(position &+ 2) | fold == UInt8(ascii: "l") ? position &+ 3 : nil
        default: return nil
        }
    }

    /// The end of the piece of white space at `position`, which is white space: all of it up to its last newline where
    /// newlines count, else all but the last character when something follows, else all (`\s*[\r\n]+|\s+(?!\S)|\s+`).
    @inline(__always)
    func space(at position: Int, endsAtNewline: Bool) -> Int {
        var place = position
        var lastStart = position
        var newlineEnd = position
        while true {
            let (classes, length) = look(place)
            if !classes.meets(.space) { break }
            if isNewline(place) { newlineEnd = place &+ 1 }
            lastStart = place
            place &+= length
        }
        if endsAtNewline && newlineEnd > position { return newlineEnd }
        return place < range.upperBound && lastStart > position ? lastStart : place
    }

    @inline(__always)
    func isNewline(_ position: Int) -> Bool {
        let byte = byte(position)
        return byte == UInt8(ascii: "\n") || byte == UInt8(ascii: "\r")
    }

    /// The classes of ASCII: a text without other characters never needs the large table.
    private static let ascii: [UInt8] = (0..<128).map { CharacterClass.lookedUp($0).rawValue }
}
