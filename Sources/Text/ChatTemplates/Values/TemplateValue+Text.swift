import JSON

extension TemplateValue {
    /// Python's `str(value)`.
    var asText: TemplateText {
        switch self {
        case .text(let text): return text
        case .undefined: return TemplateText()
        default: return representation.tagged(origin)
        }
    }

    /// Python's `repr(value)`.
    var representation: TemplateText {
        switch self {
        case .undefined: return "Undefined"
        case .none: return "None"
        case .boolean(let value): return value ? "True" : "False"
        case .integer(let value): return TemplateText(String(value))
        case .float(let value): return TemplateText(PythonNumber.text(of: value))
        case .decimal(let value): return TemplateText(value.text)
        case .text(let text):
            return text.isMarkup ? "Markup(" + text.representation + ")" : text.representation
        case .sequence(let sequence): return sequence.representation.tagged(sequence.origin)
        case .dictionary(let dictionary): return dictionary.representation.tagged(dictionary.origin)
        case .iterator(let iterator): return TemplateText("<\(iterator.typeName) object>")
        case .namespace(let namespace): return "<Namespace " + namespace.attributes.representation + ">"
        case .loop(let loop): return TemplateText("<LoopContext \(loop.index + 1)/\(loop.items.count)>")
        case .callable(let callable): return TemplateText("<\(callable.typeName) '\(callable.name)'>")
        }
    }
}

extension TemplateValue {
    /// `repr` inside a list: a namespace is cut short, since it may hold itself.
    fileprivate var innerRepresentation: TemplateText {
        if case .namespace = self { return "<Namespace {...}>" }
        return representation
    }
}

extension TemplateSequence {
    var representation: TemplateText {
        let inner = TemplateText.joined(elements.map(\.innerRepresentation), by: ", ")
        switch kind {
        case .list: return "[" + inner + "]"
        case .tuple, .group: return "(" + inner + (elements.count == 1 ? ",)" : ")")
        case .keys, .values, .items: return TemplateText("\(kind.rawValue)([") + inner + "])"
        case .range:
            let start = elements.first?.integerValue ?? 0
            let step = elements.count > 1 ? (elements[1].integerValue ?? 0) - start : 1
            let end = start + step * elements.count
            return TemplateText(step == 1 ? "range(\(start), \(end))" : "range(\(start), \(end), \(step))")
        }
    }
}

extension TemplateDictionary {
    var representation: TemplateText {
        let members = zip(keys, values).map { $0.innerRepresentation + ": " + $1.innerRepresentation }
        return "{" + TemplateText.joined(members, by: ", ") + "}"
    }
}

extension TemplateText {
    /// Python's `repr(str)`.
    var representation: TemplateText {
        let hasSingle = elements.contains { $0.scalar == "'" }
        let hasDouble = elements.contains { $0.scalar == "\"" }
        let quote: Unicode.Scalar = hasSingle && !hasDouble ? "\"" : "'"
        var result = [TaggedScalar(scalar: quote, origin: TemplateText.noOrigin)]
        for element in elements {
            let scalar = element.scalar
            switch scalar {
            case "\\", quote: result += TemplateText("\\\(scalar)", origin: element.origin).elements
            case "\n": result += TemplateText("\\n", origin: element.origin).elements
            case "\r": result += TemplateText("\\r", origin: element.origin).elements
            case "\t": result += TemplateText("\\t", origin: element.origin).elements
            case _ where scalar.isPythonPrintable: result.append(element)
            default: result += TemplateText(scalar.pythonEscape, origin: element.origin).elements
            }
        }
        result.append(TaggedScalar(scalar: quote, origin: TemplateText.noOrigin))
        return TemplateText(result)
    }
}

extension Unicode.Scalar {
    /// `\xHH`, `\uHHHH` or `\UHHHHHHHH`.
    var pythonEscape: String {
        let digits = String(value, radix: 16)
        func padded(_ width: Int) -> String { String(repeating: "0", count: width - digits.count) + digits }
        if value <= 0xFF { return "\\x" + padded(2) }
        return value <= 0xFFFF ? "\\u" + padded(4) : "\\U" + padded(8)
    }
}
