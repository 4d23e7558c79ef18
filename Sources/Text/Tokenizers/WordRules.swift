/// The patterns of Llama 3 and its relatives, which differ in details:
/// `(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`.
struct WordRules: Sendable {
    enum Contractions: Sendable {
        case none
        /// `'s` is a word of its own, wherever it stands.
        case alone
        /// `'s` belongs to the word before it.
        case behindWords
    }

    enum Letters: Sendable {
        /// `\p{L}+`
        case plain
        /// `[\p{L}\p{M}]+`
        case withMarks
        /// Words end where lower case turns to upper. The authors wrote it with the categories of Unicode (`[\p{Lu}…]*
        /// [\p{Ll}…]+|[\p{Lu}…]+[\p{Ll}…]*`); the reference, and so we, takes every letter outside ASCII for both cases
        /// and knows no marks.
        case cased
    }

    enum SymbolTail: Sendable {
        /// Symbols end at a newline, which `[^\s…]` does not hold in any case.
        case none
        /// `[\r\n]*`
        case newlines
        /// `[\r\n/]*`
        case newlinesAndSlashes
    }

    var contractions = Contractions.alone
    var letters = Letters.plain
    /// How many digits go together.
    var longestNumber: Int
    var symbolTail = SymbolTail.newlines

    func cut(_ window: TextWindow, _ body: (Range<Int>) -> Void) {
        let letterClasses: CharacterClass = letters == .withMarks ? [.letter, .mark] : .letter
        let wordClasses = letterClasses.union([.number, .space])
        var position = window.start
        while position < window.end {
            let start = position
            if contractions == .alone, let end = window.contraction(at: start, ignoresCase: true) {
                body(start..<end)
                position = end
                continue
            }
            let (classes, length) = window.look(start)
            let next = start &+ length
            if classes.meets(letterClasses) {
                position = word(window, letters: start, letterClasses)
            } else if classes.meets(.number) {
                position = number(window, next)
            } else {
                let nextClasses = window.look(next).classes
                if nextClasses.meets(letterClasses), !window.isNewline(start) {
                    position = word(window, letters: next, letterClasses)
                } else if !classes.meets(.space) {
                    position = symbols(window, start, wordClasses)
                } else if window.byte(start) == UInt8(ascii: " "), !nextClasses.isEmpty,
                    !nextClasses.meets(wordClasses)
                {
                    position = symbols(window, next, wordClasses)
                } else {
                    position = window.space(at: start, endsAtNewline: true)
                }
            }
            body(start..<position)
        }
    }

    /// Where the word whose letters begin at `start` ends.
    @inline(__always)
    private func word(_ window: TextWindow, letters start: Int, _ classes: CharacterClass) -> Int {
        let end = letters == .cased ? casedWord(window, start) : window.skip(classes, from: start)
        if contractions == .behindWords { return window.contraction(at: end, ignoresCase: true) ?? end }
        return end
    }

    /// Upper-case letters and then at least one lower-case letter, or else upper-case letters alone. A letter outside
    /// ASCII is both, so that where no lower-case letter follows, the last such letter gives the word its end.
    private func casedWord(_ window: TextWindow, _ start: Int) -> Int {
        var place = start
        var lastOfBothCases: Int?
        while true {
            let (classes, length) = window.look(place)
            if !classes.meets(.letter) || isLowercase(window.byte(place)) { break }
            place &+= length
            if length > 1 { lastOfBothCases = place }
        }
        if isLowercase(window.byte(place)) {
            while true {
                let (classes, length) = window.look(place)
                if !classes.meets(.letter) || isUppercase(window.byte(place)) { return place }
                place &+= length
            }
        }
        return lastOfBothCases ?? place
    }

    private func isLowercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }

    private func isUppercase(_ byte: UInt8) -> Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }

    /// Where the number whose second digit would be at `position` ends.
    @inline(__always)
    private func number(_ window: TextWindow, _ position: Int) -> Int {
        var place = position
        var count = 1
        while count < longestNumber {
            let (classes, length) = window.look(place)
            if !classes.meets(.number) { break }
            place &+= length
            count &+= 1
        }
        return place
    }

    @inline(__always)
    private func symbols(_ window: TextWindow, _ position: Int, _ wordClasses: CharacterClass) -> Int {
        var place = window.skip(except: wordClasses, from: position)
        switch symbolTail {
        case .none: break
        case .newlines:
            while window.isNewline(place) { place &+= 1 }
        case .newlinesAndSlashes:
            while window.isNewline(place) || window.byte(place) == UInt8(ascii: "/") { place &+= 1 }
        }
        return place
    }
}
