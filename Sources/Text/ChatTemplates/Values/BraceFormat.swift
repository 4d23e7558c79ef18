/// `text.format(…)`: fields `{}`, `{0}`, `{name}`, `{name.attribute[key]!r:specification}`.
struct BraceFormat {
    private let format: TemplateText
    private let arguments: TemplateArguments
    private let interpreter: TemplateInterpreter
    private var automatic = 0
    private var isNumbered = false

    static func text(
        _ format: TemplateText, _ arguments: TemplateArguments, _ interpreter: TemplateInterpreter
    ) throws -> TemplateText {
        var formatter = BraceFormat(format: format, arguments: arguments, interpreter: interpreter)
        let result = try formatter.expand(format, depth: 0)
        try interpreter.budget.make(result.count)
        return result.marked(format.isMarkup)
    }

    private init(format: TemplateText, arguments: TemplateArguments, interpreter: TemplateInterpreter) {
        self.format = format
        self.arguments = arguments
        self.interpreter = interpreter
    }

    private func failure(_ text: String) -> TemplateFailure { TemplateFailure("method 'format': \(text)") }

    private mutating func expand(_ text: TemplateText, depth: Int) throws -> TemplateText {
        guard depth < 3 else { throw failure("fields nest too deeply") }
        var result: [TaggedScalar] = []
        let elements = text.elements
        var place = 0
        while place < elements.count {
            let scalar = elements[place].scalar
            let following = place + 1 < elements.count ? elements[place + 1].scalar : nil
            if scalar == "{" || scalar == "}", following == scalar {
                result.append(elements[place])
                place += 2
            } else if scalar == "{" {
                var level = 1
                var end = place + 1
                while end < elements.count, level > 0 {
                    if elements[end].scalar == "{" { level += 1 }
                    if elements[end].scalar == "}" { level -= 1 }
                    end += 1
                }
                guard level == 0 else { throw failure("expected '}' before the end of the text") }
                result += try field(TemplateText(elements[(place + 1)..<(end - 1)]), depth: depth).elements
                place = end
            } else if scalar == "}" {
                throw failure("a single '}' in the text")
            } else {
                result.append(elements[place])
                place += 1
            }
        }
        return TemplateText(result)
    }

    private mutating func field(_ field: TemplateText, depth: Int) throws -> TemplateText {
        let colon = field.firstIndex(of: ":")
        var name = colon.map { TemplateText(field.elements[..<$0]) } ?? field
        let rest = colon.map { TemplateText(field.elements[($0 + 1)...]) } ?? TemplateText()
        var conversion: Unicode.Scalar?
        if let mark = name.lastIndex(of: "!") {
            guard mark + 2 == name.count else { throw failure("a conversion of one character was expected") }
            conversion = name.elements[mark + 1].scalar
            name = TemplateText(name.elements[..<mark])
        }
        var value = try self.value(name.string)
        switch conversion {
        case nil: break
        case "s": value = .text(value.asText)
        case "r", "a": value = .text(value.representation)
        case let other?: throw failure("unknown conversion '\(other)'")
        }
        let text = try layOut(value, try expand(rest, depth: depth + 1).string)
        guard format.isMarkup else { return text }
        if case .text(let given) = value, given.isMarkup { return given }
        return text.marked(false).escaped
    }

    private mutating func value(_ name: String) throws -> TemplateValue {
        let end = name.firstIndex { $0 == "." || $0 == "[" } ?? name.endIndex
        let first = name[..<end]
        var value: TemplateValue
        if first.isEmpty || Int(first) != nil {
            let place = Int(first) ?? automatic
            if first.isEmpty { automatic += 1 }
            if !first.isEmpty { isNumbered = true }
            if isNumbered, automatic > 0 { throw failure("fields with and without numbers") }
            guard arguments.positional.indices.contains(place) else { throw failure("no argument \(place)") }
            value = arguments.positional[place]
        } else {
            guard let named = arguments.named(String(first)) else { throw failure("no argument '\(first)'") }
            value = named
        }
        var rest = name[end...]
        while let opening = rest.popFirst() {
            let isKey = opening == "["
            let stop = rest.firstIndex { isKey ? $0 == "]" : $0 == "." || $0 == "[" } ?? rest.endIndex
            let part = String(rest[..<stop])
            rest = rest[stop...]
            if isKey {
                rest = rest.dropFirst()
                value = try interpreter.item(Int(part).map(TemplateValue.integer) ?? .text(part), of: value)
            } else {
                value = try interpreter.attribute(part, of: value)
            }
        }
        return value
    }

    private func layOut(_ value: TemplateValue, _ text: String) throws -> TemplateText {
        if text.isEmpty { return value.asText }
        var specification = FormatSpecification()
        var scalars = Array(text.unicodeScalars)[...]
        let alignments: [Unicode.Scalar: FormatSpecification.Alignment] = [
            "<": .left, ">": .right, "^": .center, "=": .afterSign,
        ]
        if scalars.count > 1, let alignment = alignments[scalars[scalars.startIndex + 1]] {
            specification.fill = scalars.removeFirst()
            specification.alignment = alignment
            scalars.removeFirst()
        } else if let first = scalars.first, let alignment = alignments[first] {
            specification.alignment = alignment
            scalars.removeFirst()
        }
        func skip(_ allowed: String) -> Unicode.Scalar? {
            guard let first = scalars.first, allowed.unicodeScalars.contains(first) else { return nil }
            return scalars.removeFirst()
        }
        func number() -> Int? {
            var value: Int?
            while let digit = skip("0123456789") {
                value = min((value ?? 0) * 10 + Int(digit.value - 48), FormatSpecification.maximumWidth + 1)
            }
            return value
        }
        if let sign = skip("+- ") { specification.sign = String(sign) }
        if skip("#") != nil { specification.isAlternate = true }
        if skip("0") != nil, specification.alignment == nil {
            specification.alignment = .afterSign
            specification.fill = "0"
        }
        specification.width = number() ?? 0
        if let group = skip(",_") { specification.groups = String(group) }
        if skip(".") != nil { specification.precision = number() }
        let type = scalars.popFirst()
        guard scalars.isEmpty else { throw failure("a specification that is not understood") }
        try specification.check("method 'format'")
        switch value {
        case .text(let text) where type == nil || type == "s": return specification.layOut(text)
        case .integer, .boolean:
            guard let number = value.integerValue else { break }
            if let type, "eEfFgG%".unicodeScalars.contains(type) {
                specification.type = type
                return specification.layOut(Double(number))
            }
            specification.type = type ?? "d"
            if "dxXob".unicodeScalars.contains(specification.type) { return specification.layOut(number) }
        case .float(let number):
            specification.type = type ?? "r"
            if type == nil || "eEfFgG%".unicodeScalars.contains(specification.type) {
                return specification.layOut(number)
            }
        default: break
        }
        throw failure("a specification that \(value.typeName) does not have")
    }
}
