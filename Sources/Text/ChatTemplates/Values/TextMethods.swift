/// The methods of Python's `str`.
enum TextMethods {
    private typealias Method = @Sendable (TemplateText, TemplateInterpreter, TemplateArguments) throws -> TemplateValue

    static func method(_ name: String, of text: TemplateText) -> TemplateCallable? {
        guard let method = methods[name] else { return nil }
        return TemplateCallable(name: name, typeName: "builtin_function_or_method") { interpreter, arguments in
            try interpreter.budget.make(text.count)
            guard text.isMarkup else { return try method(text, interpreter, arguments) }
            return try method(text, interpreter, try escaped(arguments, for: name)).withMarkedTexts
        }
    }

    private static let methods: [String: Method] = [
        "upper": { text, _, _ in .text(text.uppercased()) },
        "lower": { text, _, _ in .text(text.lowercased()) },
        "casefold": { text, _, _ in .text(text.caseFolded()) },
        "title": { text, _, _ in .text(text.titlecased()) },
        "capitalize": { text, _, _ in .text(text.capitalized()) },
        "swapcase": { text, _, _ in .text(text.caseSwapped()) },
        "strip": { text, _, arguments in .text(text.stripped(.both, try characters("strip", arguments))) },
        "lstrip": { text, _, arguments in .text(text.stripped(.left, try characters("lstrip", arguments))) },
        "rstrip": { text, _, arguments in .text(text.stripped(.right, try characters("rstrip", arguments))) },
        "startswith": { text, _, arguments in
            try affix("startswith", text, arguments) { part, start, end in
                part.count <= end - start && text.matches(part, at: start)
            }
        },
        "endswith": { text, _, arguments in
            try affix("endswith", text, arguments) { part, start, end in
                part.count <= end - start && text.matches(part, at: end - part.count)
            }
        },
        "removeprefix": { text, _, arguments in
            let part = try one("removeprefix", arguments)
            return .text(text.matches(part, at: 0) ? TemplateText(text.elements[part.count...]) : text)
        },
        "removesuffix": { text, _, arguments in
            let part = try one("removesuffix", arguments)
            let place = text.count - part.count
            return .text(!part.isEmpty && text.matches(part, at: place) ? TemplateText(text.elements[..<place]) : text)
        },
        "split": { try split("split", $0, $2, fromRight: false) },
        "rsplit": { try split("rsplit", $0, $2, fromRight: true) },
        "splitlines": { text, _, arguments in
            let keeps = try arguments.bind("method 'splitlines'", ["keepends"])[0]?.isTrue ?? false
            return .list(text.lines(keepingEnds: keeps).map { .text($0) })
        },
        "partition": { text, _, arguments in
            let separator = try separator("partition", arguments)
            guard let place = text.firstIndex(of: separator) else {
                return .tuple([.text(text), .text(""), .text("")])
            }
            return .tuple(parts(text, place, separator))
        },
        "rpartition": { text, _, arguments in
            let separator = try separator("rpartition", arguments)
            guard let place = text.lastIndex(of: separator) else { return .tuple([.text(""), .text(""), .text(text)]) }
            return .tuple(parts(text, place, separator))
        },
        "replace": { text, interpreter, arguments in
            let given = try arguments.bind("method 'replace'", ["old", "new", "count"], required: 2)
            return .text(
                try replace(
                    text, try (given[0] ?? .none).text("method 'replace'"),
                    try (given[1] ?? .none).text("method 'replace'"),
                    try given[2]?.integer("method 'replace'") ?? -1, interpreter))
        },
        "join": { text, interpreter, arguments in
            let list = try arguments.bind("method 'join'", ["iterable"], required: 1)[0] ?? .none
            let parts = try list.elements(of: "method 'join'").map { try $0.text("method 'join'") }
            try interpreter.budget.make(parts.reduce(0) { $0 + $1.count })
            for _ in parts { try interpreter.budget.make(text.count) }
            return .text(TemplateText.joined(parts, by: text))
        },
        "find": { text, _, arguments in .integer(try find("find", text, arguments) ?? -1) },
        "rfind": { text, _, arguments in .integer(try findLast("rfind", text, arguments) ?? -1) },
        "rindex": { text, _, arguments in
            guard let place = try findLast("rindex", text, arguments) else {
                throw TemplateFailure("method 'rindex': the text is not found")
            }
            return .integer(place)
        },
        "index": { text, _, arguments in
            guard let place = try find("index", text, arguments) else {
                throw TemplateFailure("method 'index': the text is not found")
            }
            return .integer(place)
        },
        "count": { text, _, arguments in
            let part = try one("count", arguments)
            guard let range = try bounds("count", text, arguments) else { return .integer(0) }
            let counted = TemplateText(text.elements[range])
            return .integer(part.isEmpty ? counted.count + 1 : counted.split(at: part, limit: -1).count - 1)
        },
        "center": { try padded("center", $0, $1, $2, .both) },
        "ljust": { try padded("ljust", $0, $1, $2, .left) },
        "rjust": { try padded("rjust", $0, $1, $2, .right) },
        "zfill": { text, interpreter, arguments in
            let width = try arguments.bind("method 'zfill'", ["width"], required: 1)[0]?.integer("method 'zfill'") ?? 0
            try interpreter.budget.make(width)
            let hasSign = text.elements.first.map { $0.scalar == "-" || $0.scalar == "+" } ?? false
            let zeros = TemplateText(String(repeating: "0", count: max(0, width - text.count)))
            let signLength = hasSign ? 1 : 0
            return .text(
                TemplateText(text.elements[..<signLength]) + zeros + TemplateText(text.elements[signLength...]))
        },
        "expandtabs": { text, interpreter, arguments in
            let width = try arguments.bind("method 'expandtabs'", ["tabsize"])[0]?.integer("method 'expandtabs'") ?? 8
            let tabs = text.elements.count { $0.scalar == "\t" }
            let (total, overflow) = tabs.multipliedReportingOverflow(by: max(0, width))
            try interpreter.budget.make(overflow ? Int.max : total)
            return .text(text.expandingTabs(max(0, width)))
        },
        "format": { text, interpreter, arguments in .text(try BraceFormat.text(text, arguments, interpreter)) },
        "format_map": { text, interpreter, arguments in
            guard
                case .dictionary(let members)? = try arguments.bind("method 'format_map'", ["mapping"], required: 1)[0]
            else { throw TemplateFailure("method 'format_map': expected a dictionary") }
            var named = TemplateArguments()
            for (key, value) in zip(members.keys, members.values) {
                if case .text(let name) = key { named.named.append((name.string, value)) }
            }
            return .text(try BraceFormat.text(text, named, interpreter))
        },
        "isalpha": { text, _, _ in .boolean(text.allSatisfy(\.isPythonAlphabetic)) },
        "isalnum": { text, _, _ in .boolean(text.allSatisfy { $0.isPythonAlphabetic || $0.isPythonNumeric }) },
        "isdigit": { text, _, _ in .boolean(text.allSatisfy(\.isPythonDigit)) },
        "isdecimal": { text, _, _ in .boolean(text.allSatisfy(\.isPythonDecimal)) },
        "isnumeric": { text, _, _ in .boolean(text.allSatisfy(\.isPythonNumeric)) },
        "isspace": { text, _, _ in .boolean(text.allSatisfy(\.isPythonSpace)) },
        "isascii": { text, _, _ in .boolean(text.elements.allSatisfy { $0.scalar.isASCII }) },
        "islower": { text, _, _ in .boolean(text.isLowercase) },
        "isupper": { text, _, _ in .boolean(text.isUppercase) },
        "istitle": { text, _, _ in .boolean(text.isTitlecase) },
        "isprintable": { text, _, _ in .boolean(text.elements.allSatisfy { $0.scalar.isPythonPrintable }) },
        "isidentifier": { text, _, _ in
            .boolean(
                text.allSatisfy { $0 == "_" || $0.properties.isXIDContinue }
                    && text.elements[0].scalar.isIdentifierStart)
        },
    ]

    /// Markup escapes what it takes in.
    private static func escaped(_ arguments: TemplateArguments, for name: String) throws -> TemplateArguments {
        var arguments = arguments
        if name == "replace", arguments.positional.count > 1 {
            arguments.positional[1] = .text(arguments.positional[1].asText.escaped)
        } else if name == "join", let list = arguments.positional.first {
            arguments.positional[0] = .list(
                try list.elements(of: "method 'join'").map { .text($0.asText.escaped) })
        }
        return arguments
    }

    private static func one(_ name: String, _ arguments: TemplateArguments) throws -> TemplateText {
        guard let first = arguments.positional.first else {
            throw TemplateFailure("method '\(name)': an argument is missing")
        }
        return try first.text("method '\(name)'")
    }

    private static func characters(_ name: String, _ arguments: TemplateArguments) throws -> TemplateText? {
        guard let given = try arguments.bind("method '\(name)'", ["chars"])[0], !given.isNone else { return nil }
        return try given.text("method '\(name)'")
    }

    private static func separator(_ name: String, _ arguments: TemplateArguments) throws -> TemplateText {
        let separator = try one(name, arguments)
        if separator.isEmpty { throw TemplateFailure("method '\(name)': the separator is empty") }
        return separator
    }

    private static func parts(_ text: TemplateText, _ place: Int, _ separator: TemplateText) -> [TemplateValue] {
        [
            .text(TemplateText(text.elements[..<place])), .text(separator),
            .text(TemplateText(text.elements[(place + separator.count)...])),
        ]
    }

    private static func bounds(_ name: String, _ text: TemplateText, _ arguments: TemplateArguments) throws -> Range<
        Int
    >? {
        func bound(_ index: Int, _ fallback: Int) throws -> Int {
            guard arguments.positional.count > index, !arguments.positional[index].isNone else { return fallback }
            let place = try arguments.positional[index].integer("method '\(name)'")
            return min(max(0, place < 0 ? place + text.count : place), text.count)
        }
        let start = try bound(1, 0)
        let end = try bound(2, text.count)
        return start <= end ? start..<end : nil
    }

    private static func find(_ name: String, _ text: TemplateText, _ arguments: TemplateArguments) throws -> Int? {
        let part = try one(name, arguments)
        guard let range = try bounds(name, text, arguments) else { return nil }
        return text.firstIndex(of: part, from: range.lowerBound, to: range.upperBound)
    }

    private static func findLast(_ name: String, _ text: TemplateText, _ arguments: TemplateArguments) throws -> Int? {
        let part = try one(name, arguments)
        guard let range = try bounds(name, text, arguments) else { return nil }
        return TemplateText(text.elements[range]).lastIndex(of: part).map { range.lowerBound + $0 }
    }

    private static func affix(
        _ name: String, _ text: TemplateText, _ arguments: TemplateArguments,
        _ holds: (TemplateText, Int, Int) -> Bool
    ) throws -> TemplateValue {
        guard let first = arguments.positional.first else {
            throw TemplateFailure("method '\(name)': an argument is missing")
        }
        var parts = [first]
        if case .sequence(let sequence) = first, sequence.isTuple { parts = sequence.elements }
        let texts = try parts.map { try $0.text("method '\(name)'") }
        guard let range = try bounds(name, text, arguments) else { return .boolean(false) }
        return .boolean(texts.contains { holds($0, range.lowerBound, range.upperBound) })
    }

    private static func split(
        _ name: String, _ text: TemplateText, _ arguments: TemplateArguments, fromRight: Bool
    ) throws -> TemplateValue {
        let given = try arguments.bind("method '\(name)'", ["sep", "maxsplit"])
        let limit = try given[1]?.integer("method '\(name)'") ?? -1
        guard let separator = given[0], !separator.isNone else {
            return .list(text.splitAtSpace(limit: limit, fromRight: fromRight).map { .text($0) })
        }
        let at = try separator.text("method '\(name)'")
        if at.isEmpty { throw TemplateFailure("method '\(name)': the separator is empty") }
        let parts = fromRight ? text.splitFromRight(at: at, limit: limit) : text.split(at: at, limit: limit)
        return .list(parts.map { .text($0) })
    }

    private static func padded(
        _ name: String, _ text: TemplateText, _ interpreter: TemplateInterpreter, _ arguments: TemplateArguments,
        _ side: TemplateText.Side
    ) throws -> TemplateValue {
        let given = try arguments.bind("method '\(name)'", ["width", "fillchar"], required: 1)
        let width = try given[0]?.integer("method '\(name)'") ?? 0
        let fill = try given[1]?.text("method '\(name)'") ?? " "
        guard fill.count == 1 else {
            throw TemplateFailure("method '\(name)': fill of \(fill.count) characters, expected 1")
        }
        try interpreter.budget.make(width)
        return .text(pad(text, width, fill, side))
    }

    /// Fills up to a width; the text goes to the named side, and both means the middle.
    static func pad(_ text: TemplateText, _ width: Int, _ fill: TemplateText, _ side: TemplateText.Side) -> TemplateText
    {
        let total = max(0, width - text.count)
        let left: Int
        switch side {
        case .left: left = 0
        case .right: left = total
        case .both: left = total / 2 + (total & width & 1)
        }
        func filling(_ count: Int) -> [TaggedScalar] { Array(repeatElement(fill.elements, count: count).joined()) }
        return TemplateText(filling(left) + text.elements + filling(total - left))
    }

    static func replace(
        _ text: TemplateText, _ old: TemplateText, _ new: TemplateText, _ limit: Int, _ interpreter: TemplateInterpreter
    ) throws -> TemplateText {
        let (growth, overflow) = (text.count / max(1, old.count) + 1).multipliedReportingOverflow(by: new.count)
        if overflow || growth > 1 << 20 {
            // Only then is it worth to count how often it really happens.
            let found = old.isEmpty ? text.count + 1 : text.split(at: old, limit: limit).count - 1
            let (made, overflow) = found.multipliedReportingOverflow(by: new.count)
            try interpreter.budget.make(overflow ? Int.max : made)
        } else {
            try interpreter.budget.make(growth)
        }
        return text.replacing(old, with: new, limit: limit)
    }
}

extension Unicode.Scalar {
    var isIdentifierStart: Bool { self == "_" || properties.isXIDStart }
}
