/// Cuts a template into tokens, as Jinja does with `trim_blocks` and `lstrip_blocks`: the first newline after a
/// block or comment goes, and so does white space from the start of a line to a block or comment; `-` strips
/// all white space on its side, `+` none.
struct TemplateLexer {
    let source: [Unicode.Scalar]
    var position = 0
    var line = 1
    var tokens: [TemplateToken] = []
    /// Whether what precedes the position ends a line, or nothing precedes it.
    private var isLineStarting = true

    /// - Throws: ``ChatTemplateError/syntax(line:_:)``.
    static func tokens(of source: String) throws -> [TemplateToken] {
        var lexer = TemplateLexer(source: normalized(source))
        try lexer.run()
        return lexer.tokens
    }

    private init(source: [Unicode.Scalar]) { self.source = source }

    /// CR LF and CR become LF, and one newline at the very end goes.
    private static func normalized(_ text: String) -> [Unicode.Scalar] {
        var scalars: [Unicode.Scalar] = []
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if !(scalar == "\n" && previous == "\r") { scalars.append(scalar == "\r" ? "\n" : scalar) }
            previous = scalar
        }
        if scalars.last == "\n" { scalars.removeLast() }
        return scalars
    }

    private mutating func run() throws {
        while position < source.count {
            guard let tag = nextTag() else {
                addData(upTo: source.count, sign: nil, isVariable: true)
                position = source.count
                break
            }
            let sign = sign(at: tag + 2)
            let isVariable = source[tag + 1] == "{"
            addData(upTo: tag, sign: sign, isVariable: isVariable)
            advance(to: tag)
            let tagLine = line
            advance(to: tag + (sign == nil ? 2 : 3))
            switch source[tag + 1] {
            case "#": try skipComment(tagLine)
            case "{":
                add(.variableBegin, tagLine)
                try tokenizeInside(end: "}", tagLine)
            default:
                if try !raw(tagLine) {
                    add(.blockBegin, tagLine)
                    try tokenizeInside(end: "%", tagLine)
                }
            }
            isLineStarting = position > 0 && source[position - 1] == "\n"
        }
        add(.end, line)
    }

    private func nextTag() -> Int? {
        var place = position
        while place + 1 < source.count {
            if source[place] == "{", "{%#".unicodeScalars.contains(source[place + 1]) { return place }
            place += 1
        }
        return nil
    }

    /// The `-` or `+` at a place.
    private func sign(at place: Int) -> Unicode.Scalar? {
        guard place < source.count, source[place] == "-" || source[place] == "+" else { return nil }
        return source[place]
    }

    private mutating func addData(upTo tag: Int, sign: Unicode.Scalar?, isVariable: Bool) {
        var end = tag
        if sign == "-" {
            while end > position, source[end - 1].isPythonSpace { end -= 1 }
        } else if sign != "+", !isVariable {
            var start = tag
            while start > position, source[start - 1] != "\n" { start -= 1 }
            if start > position || isLineStarting, source[start..<tag].allSatisfy(\.isPythonSpace) { end = start }
        }
        if end > position {
            var view = String.UnicodeScalarView()
            view.append(contentsOf: source[position..<end])
            add(.data(String(view)), line)
        }
    }

    private mutating func skipComment(_ tagLine: Int) throws {
        var place = position
        while place + 1 < source.count {
            if source[place] == "#", source[place + 1] == "}" {
                let sign = place > position ? self.sign(at: place - 1) : nil
                advance(to: place + 2)
                finishBlock(sign)
                return
            }
            place += 1
        }
        throw syntax("a comment '{#' that does not end", tagLine)
    }

    /// Reads `{% raw %}…{% endraw %}`; false when the block is another one.
    private mutating func raw(_ tagLine: Int) throws -> Bool {
        guard let (end, sign) = tag(named: "raw", from: position), sign != "+" else { return false }
        advance(to: end)
        if sign == "-" { skipSpace() }
        // White space control of {% endraw %} works on the raw text alone.
        isLineStarting = position > 0 && source[position - 1] == "\n"
        var place = position
        while place + 1 < source.count {
            if source[place] == "{", source[place + 1] == "%" {
                let opening = self.sign(at: place + 2)
                if let (end, closing) = tag(named: "endraw", from: place + (opening == nil ? 2 : 3)) {
                    addData(upTo: place, sign: opening, isVariable: false)
                    advance(to: end)
                    finishBlock(closing)
                    return true
                }
            }
            place += 1
        }
        throw syntax("a block 'raw' without 'endraw'", tagLine)
    }

    /// Where a tag that holds one word ends, when it stands at this place, and the sign before its end.
    private func tag(named name: String, from start: Int) -> (end: Int, sign: Unicode.Scalar?)? {
        var place = start
        while place < source.count, source[place].isPythonSpace { place += 1 }
        for scalar in name.unicodeScalars {
            guard place < source.count, source[place] == scalar else { return nil }
            place += 1
        }
        while place < source.count, source[place].isPythonSpace { place += 1 }
        let sign = sign(at: place)
        if sign != nil { place += 1 }
        guard place + 1 < source.count, source[place] == "%", source[place + 1] == "}" else { return nil }
        return (place + 2, sign)
    }

    /// What follows the end of a block or comment.
    mutating func finishBlock(_ sign: Unicode.Scalar?) {
        if sign == "-" {
            skipSpace()
        } else if sign == nil, position < source.count, source[position] == "\n" {
            advance(to: position + 1)
        }
    }

    mutating func skipSpace() {
        while position < source.count, source[position].isPythonSpace { advance(to: position + 1) }
    }

    mutating func advance(to place: Int) {
        while position < place {
            if source[position] == "\n" { line += 1 }
            position += 1
        }
    }

    mutating func add(_ kind: TemplateToken.Kind, _ line: Int) {
        tokens.append(TemplateToken(kind: kind, line: line))
    }

    func syntax(_ text: String, _ line: Int) -> ChatTemplateError { .syntax(line: line, text) }
}
