extension TemplateFilters {
    static let text: [String: TemplateFilter] = [
        "string": { interpreter, value, _ in
            try interpreter.budget.make(value.weight)
            return .text(value.asText)
        },
        "safe": { _, value, _ in .text(value.asText.marked()) },
        "escape": { _, value, _ in .text(value.asText.escaped) },
        "e": { _, value, _ in .text(value.asText.escaped) },
        "forceescape": { _, value, _ in .text(value.asText.marked(false).escaped) },
        "upper": { _, value, _ in keepingMark(of: value) { $0.uppercased() } },
        "lower": { _, value, _ in keepingMark(of: value) { $0.lowercased() } },
        "capitalize": { _, value, _ in keepingMark(of: value) { $0.capitalized() } },
        "title": { _, value, _ in .text(title(value.asText)) },
        "trim": { _, value, arguments in
            let characters = try arguments.bind("filter 'trim'", ["chars"])[0]
            let set = try characters.flatMap { $0.isNone ? nil : try $0.text("filter 'trim'") }
            return keepingMark(of: value) { $0.stripped(.both, set) }
        },
        "replace": { interpreter, value, arguments in
            let given = try arguments.bind("filter 'replace'", ["old", "new", "count"], required: 2)
            let limit = try given[2].flatMap { $0.isNone ? nil : try $0.integer("filter 'replace'") } ?? -1
            let old = given[0]?.asText ?? TemplateText()
            let new = given[1]?.asText ?? TemplateText()
            return .text(try TextMethods.replace(value.asText, old, new, limit, interpreter).marked(false))
        },
        "center": { interpreter, value, arguments in
            let width = try arguments.bind("filter 'center'", ["width"])[0]?.integer("filter 'center'") ?? 80
            try interpreter.budget.make(width)
            return keepingMark(of: value) { TextMethods.pad($0, width, " ", .both) }
        },
        "indent": indent,
        "truncate": truncate,
        "wordcount": { _, value, _ in
            let isWord = value.asText.elements.map {
                $0.scalar == "_" || $0.scalar.isPythonAlphabetic || $0.scalar.isPythonNumeric
            }
            return .integer(zip([false] + isWord, isWord).count { !$0 && $1 })
        },
        "format": { interpreter, value, arguments in
            if arguments.named.isEmpty {
                return .text(try PercentFormat.text(value.asText, .tuple(arguments.positional), interpreter))
            }
            guard arguments.positional.isEmpty else {
                throw TemplateFailure("filter 'format': arguments by place and by name together")
            }
            var members = TemplateDictionary()
            for (name, value) in arguments.named { members.set(name, value) }
            return .text(try PercentFormat.text(value.asText, .dictionary(members), interpreter))
        },
        "urlencode": urlencode,
        "striptags": { _, value, _ in .text(value.asText.withoutTags) },
        "wordwrap": wordwrap,
        "xmlattr": xmlAttributes,
        "tojson": tojson,
    ]

    /// A method of texts, whose result is markup where the text is.
    private static func keepingMark(
        of value: TemplateValue, _ method: (TemplateText) -> TemplateText
    ) -> TemplateValue {
        let text = value.asText
        return .text(method(text).marked(text.isMarkup))
    }

    private static let tojson: TemplateFilter = { interpreter, value, arguments in
        try interpreter.budget.make(value.weight)
        let given = try arguments.bind(
            "filter 'tojson'", ["ensure_ascii", "indent", "separators", "sort_keys"])
        var json = PythonJSON()
        json.isASCII = given[0]?.isTrue ?? false
        switch given[1] {
        case nil, TemplateValue.none?: break
        case .text(let text)?: json.indentation = text.string
        case let width?:
            json.indentation = String(repeating: " ", count: min(256, max(0, try width.integer("filter 'tojson'"))))
        }
        if json.indentation != nil { json.itemSeparator = "," }
        if let separators = given[2], !separators.isNone {
            let both = try separators.elements(of: "filter 'tojson'")
            guard both.count == 2 else { throw TemplateFailure("filter 'tojson': expected two separators") }
            json.itemSeparator = try both[0].text("filter 'tojson'").string
            json.keySeparator = try both[1].text("filter 'tojson'").string
        }
        json.sortsKeys = given[3]?.isTrue ?? false
        return .text(try json.text(of: value))
    }

    /// Jinja's own `title`: words begin after white space, hyphens and opening brackets.
    private static func title(_ text: TemplateText) -> TemplateText {
        var result: [TaggedScalar] = []
        var word: [TaggedScalar] = []
        func isBreak(_ scalar: Unicode.Scalar) -> Bool {
            "-({[<".unicodeScalars.contains(scalar) || scalar.isPythonSpace
        }
        func finish() {
            result += TemplateText(word[..<min(1, word.count)]).uppercased().elements
            result += TemplateText(word.dropFirst()).lowercased().elements
            word = []
        }
        for element in text.elements {
            if isBreak(element.scalar) {
                finish()
                result.append(element)
            } else {
                word.append(element)
            }
        }
        finish()
        return TemplateText(result)
    }

    private static let indent: TemplateFilter = { interpreter, value, arguments in
        let given = try arguments.bind("filter 'indent'", ["width", "first", "blank"])
        let indentation: TemplateText
        switch given[0] {
        case .text(let text)?: indentation = text
        case let width?:
            let count = max(0, try width.integer("filter 'indent'"))
            try interpreter.budget.make(count)
            indentation = TemplateText(String(repeating: " ", count: count))
        case nil: indentation = "    "
        }
        let text = try value.text("filter 'indent'")
        let lines = (text + "\n").lines()
        try interpreter.budget.make(text.count)
        for _ in lines { try interpreter.budget.make(indentation.count) }
        let indentsBlank = given[2]?.isTrue ?? false
        var result = given[1]?.isTrue ?? false ? indentation : TemplateText()
        for (index, line) in lines.enumerated() {
            if index > 0 {
                result.elements += TemplateText("\n").elements
                if indentsBlank || !line.isEmpty { result.elements += indentation.elements }
            }
            result.elements += line.elements
        }
        return .text(result.marked(text.isMarkup))
    }

    private static let truncate: TemplateFilter = { _, value, arguments in
        let given = try arguments.bind("filter 'truncate'", ["length", "killwords", "end", "leeway"])
        let length = try given[0]?.integer("filter 'truncate'") ?? 255
        let end = try given[2]?.text("filter 'truncate'") ?? "..."
        let leeway = try given[3].flatMap { $0.isNone ? nil : try $0.integer("filter 'truncate'") } ?? 5
        guard length >= end.count, leeway >= 0 else {
            throw TemplateFailure("filter 'truncate': length \(length), expected at least \(end.count)")
        }
        // Whatever is short enough stays what it is.
        if let count = value.length, count <= length || count - leeway <= length { return value }
        let text = try value.text("filter 'truncate'")
        var kept = TemplateText(text.elements[..<(length - end.count)])
        if !(given[1]?.isTrue ?? false) { kept = kept.splitFromRight(at: " ", limit: 1)[0] }
        guard text.isMarkup || end.isMarkup else { return .text(kept + end) }
        return .text((kept.marked(text.isMarkup).escaped + end.escaped).marked())
    }

    /// A text, or pairs of names and values as a query.
    private static let urlencode: TemplateFilter = { interpreter, value, _ in
        switch value {
        case .dictionary, .sequence, .iterator, .undefined: break
        default: return .text(urlEncoded(value.asText, keeping: "/"))
        }
        var pairs = try elements(value, "urlencode", interpreter)
        if case .dictionary(let dictionary) = value { pairs = dictionary.pairs }
        let written = try pairs.map { pair in
            let parts = try pair.elements(of: "filter 'urlencode'")
            guard parts.count == 2 else { throw TemplateFailure("filter 'urlencode': an element is no pair") }
            return TemplateText.joined(
                parts.map { urlEncoded($0.asText, keeping: "").replacing("%20", with: "+") }, by: "=")
        }
        return .text(TemplateText.joined(written, by: "&"))
    }

    private static func urlEncoded(_ text: TemplateText, keeping more: String) -> TemplateText {
        let kept = Set(
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_.-~\(more)".utf8)
        var result = TemplateText()
        for element in text.elements {
            for byte in String(element.scalar).utf8 {
                let digits = String(byte, radix: 16, uppercase: true)
                let written =
                    kept.contains(byte) ? String(Unicode.Scalar(byte)) : "%" + (byte < 16 ? "0" : "") + digits
                result.elements += TemplateText(written, origin: element.origin).elements
            }
        }
        return result
    }
}
