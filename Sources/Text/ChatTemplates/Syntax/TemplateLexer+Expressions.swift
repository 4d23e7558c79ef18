/// Inside `{{ … }}` and `{% … %}`.
extension TemplateLexer {
    /// Reads tokens up to the tag's end, which counts only outside brackets.
    mutating func tokenizeInside(end: Unicode.Scalar, _ tagLine: Int) throws {
        var brackets: [Unicode.Scalar] = []
        while true {
            skipSpace()
            guard position < source.count else {
                throw syntax(end == "}" ? "'{{' that does not end" : "'{%' that does not end", tagLine)
            }
            if brackets.isEmpty, endTag(end) { return }
            let scalar = source[position]
            switch scalar {
            case "'", "\"": try string(scalar)
            case "0"..."9": try number()
            case _ where scalar == "_" || scalar.properties.isXIDStart: name()
            default: try symbol(&brackets)
            }
        }
    }

    private mutating func endTag(_ end: Unicode.Scalar) -> Bool {
        var place = position
        let sign = source[place] == "-" || (source[place] == "+" && end == "%") ? source[place] : nil
        if sign != nil { place += 1 }
        guard place + 1 < source.count, source[place] == end, source[place + 1] == "}" else { return false }
        add(end == "}" ? .variableEnd : .blockEnd, line)
        advance(to: place + 2)
        if end == "%" {
            finishBlock(sign)
        } else if sign == "-" {
            skipSpace()
        }
        return true
    }

    private mutating func name() {
        let start = position
        while position < source.count, source[position] == "_" || source[position].properties.isXIDContinue {
            position += 1
        }
        add(.name(text(start..<position)), line)
    }

    private func text(_ range: Range<Int>) -> String {
        var view = String.UnicodeScalarView()
        view.append(contentsOf: source[range])
        return String(view)
    }

    private func peek(_ offset: Int = 0) -> Unicode.Scalar {
        position + offset < source.count ? source[position + offset] : "\0"
    }

    private mutating func digits(_ isDigit: (Unicode.Scalar) -> Bool) {
        while isDigit(peek()) || (peek() == "_" && isDigit(peek(1))) { position += 1 }
    }

    private mutating func number() throws {
        let start = position
        func isDecimal(_ scalar: Unicode.Scalar) -> Bool { ("0"..."9").contains(scalar) }
        let afterDot = start > 0 && source[start - 1] == "."
        if peek() == "0", "xXoObB".unicodeScalars.contains(peek(1)), peek(2).properties.isASCIIHexDigit {
            position += 2
            digits(\.properties.isASCIIHexDigit)
            let literal = text(start..<position)
            guard let value = PythonNumber.parseInteger(literal, base: 0) else {
                throw syntax("the number '\(literal)' is out of range", line)
            }
            add(.integer(value), line)
            return
        }
        digits(isDecimal)
        var isFloat = false
        if !afterDot {
            if peek() == ".", isDecimal(peek(1)) {
                isFloat = true
                position += 1
                digits(isDecimal)
            }
            let signed = peek(1) == "+" || peek(1) == "-" ? 1 : 0
            if peek() == "e" || peek() == "E", isDecimal(peek(1 + signed)) {
                isFloat = true
                position += 1 + signed
                digits(isDecimal)
            }
        }
        let literal = text(start..<position).replacing("_", with: "")
        if isFloat, let value = Double(literal) {
            add(.float(value), line)
        } else if !isFloat, let value = Int(literal) {
            add(.integer(value), line)
        } else {
            throw syntax("the number '\(literal)' is out of range", line)
        }
    }

    private mutating func symbol(_ brackets: inout [Unicode.Scalar]) throws {
        let two = String(peek()) + String(peek(1))
        if ["//", "**", "==", "!=", ">=", "<="].contains(two) {
            add(.symbol(two), line)
            position += 2
            return
        }
        let scalar = source[position]
        switch scalar {
        case "(": brackets.append(")")
        case "[": brackets.append("]")
        case "{": brackets.append("}")
        case ")", "]", "}":
            guard let expected = brackets.popLast() else { throw syntax("unexpected '\(scalar)'", line) }
            guard expected == scalar else { throw syntax("'\(scalar)', expected '\(expected)'", line) }
        case "+", "-", "*", "/", "%", "~", "=", "<", ">", ".", ":", "|", ",", ";": break
        default: throw syntax("unexpected character '\(scalar)'", line)
        }
        add(.symbol(String(scalar)), line)
        position += 1
    }

    private mutating func string(_ quote: Unicode.Scalar) throws {
        let startLine = line
        advance(to: position + 1)
        var view = String.UnicodeScalarView()
        while position < source.count, source[position] != quote {
            if source[position] == "\\" {
                try escape(into: &view)
            } else {
                view.append(source[position])
                advance(to: position + 1)
            }
        }
        guard position < source.count else { throw syntax("a string that does not end", startLine) }
        advance(to: position + 1)
        add(.string(String(view)), startLine)
    }

    /// One backslash sequence of a Python string; an unknown one stays as it is written.
    private mutating func escape(into view: inout String.UnicodeScalarView) throws {
        advance(to: position + 1)
        guard position < source.count else { return }
        let scalar = source[position]
        advance(to: position + 1)
        switch scalar {
        case "\n": break
        case "\\", "'", "\"": view.append(scalar)
        case "n": view.append("\n")
        case "t": view.append("\t")
        case "r": view.append("\r")
        case "a": view.append("\u{07}")
        case "b": view.append("\u{08}")
        case "f": view.append("\u{0C}")
        case "v": view.append("\u{0B}")
        case "x": try hexadecimal(2, into: &view)
        case "u": try hexadecimal(4, into: &view)
        case "U": try hexadecimal(8, into: &view)
        case "0"..."7":
            var value = scalar.value - 48
            var count = 1
            while count < 3, ("0"..."7").contains(peek()) {
                value = value * 8 + peek().value - 48
                position += 1
                count += 1
            }
            if let scalar = Unicode.Scalar(value) { view.append(scalar) }
        case "N": throw syntax("a named character '\\N' in a string, which is not supported", line)
        default:
            view.append("\\")
            view.append(scalar)
        }
    }

    private mutating func hexadecimal(_ count: Int, into view: inout String.UnicodeScalarView) throws {
        var value: UInt32 = 0
        for _ in 0..<count {
            guard peek().properties.isASCIIHexDigit, let digit = Character(peek()).hexDigitValue else {
                throw syntax("an escape in a string that lacks hexadecimal digits", line)
            }
            value = value << 4 | UInt32(digit)
            position += 1
        }
        guard let scalar = Unicode.Scalar(value) else {
            throw syntax("an escape in a string that is no Unicode character", line)
        }
        view.append(scalar)
    }
}
