/// `format % values`.
struct PercentFormat {
    private let format: [TaggedScalar]
    private var position = 0
    private var values: ArraySlice<TemplateValue>
    private let members: TemplateDictionary?
    /// Whether the format is markup, so that what goes into it is escaped.
    private let escapes: Bool

    static func text(
        _ format: TemplateText, _ values: TemplateValue, _ interpreter: TemplateInterpreter
    ) throws -> TemplateText {
        var formatter = PercentFormat(format, values)
        let result = try formatter.run()
        try interpreter.budget.make(result.count)
        return result.marked(format.isMarkup)
    }

    private init(_ format: TemplateText, _ values: TemplateValue) {
        self.format = format.elements
        escapes = format.isMarkup
        var members: TemplateDictionary?
        if case .dictionary(let dictionary) = values { members = dictionary }
        self.members = members
        if case .sequence(let sequence) = values, sequence.isTuple {
            self.values = sequence.elements[...]
        } else {
            self.values = [values]
        }
    }

    private func failure(_ text: String) -> TemplateFailure { TemplateFailure("operator '%' on a text: \(text)") }

    private mutating func run() throws -> TemplateText {
        var result: [TaggedScalar] = []
        while position < format.count {
            if format[position].scalar != "%" {
                result.append(format[position])
                position += 1
                continue
            }
            position += 1
            if peek == "%" {
                result.append(format[position])
                position += 1
                continue
            }
            result += try field().elements
        }
        if members == nil, !values.isEmpty { throw failure("not all values were used") }
        return TemplateText(result)
    }

    private var peek: Unicode.Scalar? { position < format.count ? format[position].scalar : nil }

    private mutating func next() throws -> TemplateValue {
        guard let value = values.popFirst() else { throw failure("not enough values") }
        return value
    }

    private mutating func number() throws -> Int? {
        if peek == "*" {
            position += 1
            return try next().integer("operator '%' on a text")
        }
        var value: Int?
        while let digit = peek, ("0"..."9").contains(digit) {
            value = min((value ?? 0) * 10 + Int(digit.value - 48), FormatSpecification.maximumWidth + 1)
            position += 1
        }
        return value
    }

    private mutating func field() throws -> TemplateText {
        var specification = FormatSpecification()
        var key: TemplateText?
        if peek == "(" {
            var scalars: [TaggedScalar] = []
            position += 1
            while let scalar = peek, scalar != ")" {
                scalars.append(format[position])
                position += 1
            }
            position += 1
            key = TemplateText(scalars)
        }
        var isZeroFilled = false
        while let flag = peek, "-+ 0#".unicodeScalars.contains(flag) {
            switch flag {
            case "-": specification.alignment = .left
            case "0": isZeroFilled = true
            case "#": specification.isAlternate = true
            default: if specification.sign != "+" { specification.sign = String(flag) }
            }
            position += 1
        }
        specification.width = try number() ?? 0
        if specification.width < 0 {
            specification.alignment = .left
            specification.width.negate()
        }
        if peek == "." {
            position += 1
            specification.precision = max(0, try number() ?? 0)
        }
        while let size = peek, "hlL".unicodeScalars.contains(size) { position += 1 }
        guard let type = peek else { throw failure("the format ends early") }
        position += 1
        specification.type = type
        try specification.check("operator '%' on a text")
        let value: TemplateValue
        if let key {
            guard let members else { throw failure("a name in the format, expected a dictionary of values") }
            guard let found = members.value(.text(key)) else { throw failure("no value for a name in the format") }
            value = found
        } else {
            value = try next()
        }
        if specification.alignment == nil {
            specification.alignment = .right
            if isZeroFilled, "diuxXofFeEgG".unicodeScalars.contains(type) {
                specification.alignment = .afterSign
                specification.fill = "0"
            }
        }
        return try layOut(value, specification)
    }

    private func layOut(_ value: TemplateValue, _ specification: FormatSpecification) throws -> TemplateText {
        var specification = specification
        switch specification.type {
        case "s": return specification.layOut(escapes ? value.asText.escaped : value.asText)
        case "r", "a":
            let text = value.representation
            return specification.layOut(escapes ? text.escaped : text)
        case "c":
            if case .text(let text) = value, text.count == 1 { return specification.layOut(text) }
            guard let code = value.integerValue, let scalar = UInt32(exactly: code).flatMap(Unicode.Scalar.init) else {
                throw failure("%c needs one character")
            }
            return specification.layOut(TemplateText(scalar))
        case "d", "i", "u":
            guard let number = value.integerValue ?? value.doubleValue.flatMap(PythonNumber.integer) else {
                throw failure("%d needs a number, found \(value.typeName)")
            }
            return specification.layOut(number)
        case "x", "X", "o":
            guard let number = value.integerValue else { throw failure("%x needs an integer, found \(value.typeName)") }
            return specification.layOut(number)
        case "e", "E", "f", "F", "g", "G":
            guard let number = value.doubleValue else { throw failure("%f needs a number, found \(value.typeName)") }
            if specification.precision == nil { specification.precision = 6 }
            return specification.layOut(number)
        default: throw failure("unknown format '%\(specification.type)'")
        }
    }
}
