/// One pattern of a pre-tokenizer: it cuts a stretch of text into pieces, all of it, from left to right.
enum Cutter: Sendable {
    /// GPT-2's: `'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`.
    case gpt2
    /// The kind that Llama 3, Qwen 2, Mistral's tekken and GPT-4o have.
    case words(WordRules)
    /// DeepSeek-V3's main pattern.
    case deepSeek3
    /// Runs of one kind of characters, and what is between them.
    case runs(CharacterRun)
    /// White space at the end, and what is before it: `\s+$`.
    case trailingSpace
    /// Runs of newlines, and what is between them: `[^\n]+|\n+`.
    case newlines

    @inline(__always)
    func cut(_ window: TextWindow, _ body: (Range<Int>) -> Void) {
        switch self {
        case .gpt2: Cutter.cutGPT2(window, body)
        case .words(let rules): rules.cut(window, body)
        case .deepSeek3: Cutter.cutDeepSeek3(window, body)
        case .runs(let run): run.cut(window, body)
        case .trailingSpace: Cutter.cutTrailingSpace(window, body)
        case .newlines: Cutter.cutNewlines(window, body)
        }
    }

    private static func cutGPT2(_ window: TextWindow, _ body: (Range<Int>) -> Void) {
        var position = window.start
        while position < window.end {
            let start = position
            if let end = window.contraction(at: start, ignoresCase: false) {
                position = end
            } else {
                let first = window.byte(start) == UInt8(ascii: " ") ? start &+ 1 : start
                let classes = window.look(first).classes
                if classes.meets(.letter) {
                    position = window.skip(.letter, from: first)
                } else if classes.meets(.number) {
                    position = window.skip(.number, from: first)
                } else if classes.isEmpty || classes.meets(.space) {
                    position = window.space(at: start, endsAtNewline: false)
                } else {
                    position = window.skip(except: [.letter, .number, .space], from: first)
                }
            }
            body(start..<position)
        }
    }

    /// `[!-/:-@\[-`{-~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`;
    /// what none of these matches stays in one piece.
    private static func cutDeepSeek3(_ window: TextWindow, _ body: (Range<Int>) -> Void) {
        var unmatched = window.start
        var position = window.start
        while position < window.end {
            let start = position
            let (classes, length) = window.look(start)
            let next = start &+ length
            let nextClasses = window.look(next).classes
            let end: Int
            if length == 1, classes.meets([.punctuation, .symbol]), isASCIILetter(window.byte(next)) {
                var place = next
                while isASCIILetter(window.byte(place)) { place &+= 1 }
                end = place
            } else if classes.meets([.letter, .mark])
                || (nextClasses.meets([.letter, .mark]) && !classes.meets([.punctuation, .symbol])
                    && !window.isNewline(start))
            {
                end = window.skip([.letter, .mark], from: next)
            } else if classes.meets([.punctuation, .symbol])
                || (window.byte(start) == UInt8(ascii: " ") && nextClasses.meets([.punctuation, .symbol]))
            {
                var place = window.skip([.punctuation, .symbol], from: next)
                while window.isNewline(place) { place &+= 1 }
                end = place
            } else if classes.meets(.space) {
                end = window.space(at: start, endsAtNewline: true)
            } else {
                position = next
                continue
            }
            if unmatched < start { body(unmatched..<start) }
            body(start..<end)
            position = end
            unmatched = end
        }
        if unmatched < window.end { body(unmatched..<window.end) }
    }

    private static func isASCIILetter(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
    }

    private static func cutTrailingSpace(_ window: TextWindow, _ body: (Range<Int>) -> Void) {
        var spaceStart: Int?
        var position = window.start
        while position < window.end {
            let (classes, length) = window.look(position)
            if !classes.meets(.space) { spaceStart = nil } else if spaceStart == nil { spaceStart = position }
            position += length
        }
        let cut = spaceStart ?? window.end
        if cut > window.start { body(window.start..<cut) }
        if cut < window.end { body(cut..<window.end) }
    }

    private static func cutNewlines(_ window: TextWindow, _ body: (Range<Int>) -> Void) {
        var start = window.start
        while start < window.end {
            let isNewline = window.byte(start) == UInt8(ascii: "\n")
            var end = start + 1
            while end < window.end, (window.byte(end) == UInt8(ascii: "\n")) == isNewline { end += 1 }
            body(start..<end)
            start = end
        }
    }
}
