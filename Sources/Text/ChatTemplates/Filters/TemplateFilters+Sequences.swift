extension TemplateFilters {
    static let sequences: [String: TemplateFilter] = [
        "length": length,
        "count": length,
        "list": { interpreter, value, _ in .list(try elements(value, "list", interpreter)) },
        "first": { _, value, _ in
            if case .iterator(let iterator) = value { return iterator.next() ?? empty("first") }
            if case .text(let text) = value {
                return text.elements.first.map { .text(TemplateText([$0])) } ?? empty("first")
            }
            return try value.elements(of: "filter 'first'").first ?? empty("first")
        },
        "last": { _, value, _ in
            if case .iterator = value { throw TemplateFailure("filter 'last': a generator has no last element") }
            if case .text(let text) = value {
                return text.elements.last.map { .text(TemplateText([$0]).marked(text.isMarkup)) } ?? empty("last")
            }
            return try value.elements(of: "filter 'last'").last ?? empty("last")
        },
        "join": { interpreter, value, arguments in
            let given = try arguments.bind("filter 'join'", ["d", "attribute"])
            let separator = given[0]?.asText ?? TemplateText()
            let parts = try elements(value, "join", interpreter).map {
                try Self.value(at: given[1], of: $0, interpreter).asText
            }
            try interpreter.budget.make(parts.reduce(0) { $0 + $1.count })
            for _ in parts { try interpreter.budget.make(separator.count) }
            return .text(TemplateText.joined(parts, by: separator))
        },
        "reverse": { interpreter, value, _ in
            if case .text(let text) = value {
                return .text(TemplateText(text.elements.reversed()).marked(text.isMarkup))
            }
            let reversed = Array(try elements(value, "reverse", interpreter).reversed())
            if case .iterator = value { return .list(reversed) }
            return .iterator(TemplateIterator(reversed, typeName: "list_reverseiterator"))
        },
        "sort": { interpreter, value, arguments in
            let given = try arguments.bind("filter 'sort'", ["reverse", "case_sensitive", "attribute"])
            let paths = paths(given[2])
            let all = try elements(value, "sort", interpreter)
            // Comparing costs more than walking.
            try interpreter.budget.step(16 * all.count)
            let keyed = try all.map { element in
                let keys = try paths.map {
                    key(try Self.value(at: $0, of: element, interpreter), caseSensitive: given[1]?.isTrue ?? false)
                }
                return (key: TemplateValue.list(keys), element: element)
            }
            return .list(try sorted(keyed, isReversed: given[0]?.isTrue ?? false))
        },
        "dictsort": { interpreter, value, arguments in
            let given = try arguments.bind("filter 'dictsort'", ["case_sensitive", "by", "reverse"])
            guard case .dictionary(let dictionary) = value else {
                throw TemplateFailure("filter 'dictsort': \(value.typeName), expected a dictionary")
            }
            try interpreter.budget.step(16 * dictionary.count)
            let by = given[1]?.asText.string ?? "key"
            guard by == "key" || by == "value" else {
                throw TemplateFailure("filter 'dictsort': by '\(by)', expected 'key' or 'value'")
            }
            let keyed = zip(dictionary.keys, dictionary.values).map { name, value in
                (
                    key: key(by == "key" ? name : value, caseSensitive: given[0]?.isTrue ?? false),
                    element: TemplateValue.tuple([name, value])
                )
            }
            return .list(try sorted(Array(keyed), isReversed: given[2]?.isTrue ?? false))
        },
        "items": { _, value, _ in
            switch value {
            case .undefined: return .iterator(TemplateIterator([]))
            case .dictionary(let dictionary): return .iterator(TemplateIterator(dictionary.pairs))
            default: throw TemplateFailure("filter 'items': \(value.typeName), expected a dictionary")
            }
        },
        "unique": { interpreter, value, arguments in
            let given = try arguments.bind("filter 'unique'", ["case_sensitive", "attribute"])
            var seen = Set<TemplateKey>()
            let unique = try elements(value, "unique", interpreter).filter { element in
                let found = key(
                    try Self.value(at: given[1], of: element, interpreter), caseSensitive: given[0]?.isTrue ?? false)
                guard found.isHashable else {
                    throw TemplateFailure("filter 'unique': \(found.typeName) cannot be compared by hash")
                }
                return seen.insert(TemplateKey(found)).inserted
            }
            return .iterator(TemplateIterator(unique))
        },
        "min": { try extreme("min", $0, $1, $2) { try $0.isLess(than: $1) } },
        "max": { try extreme("max", $0, $1, $2) { try $1.isLess(than: $0, operator: ">") } },
        "batch": { interpreter, value, arguments in
            let given = try arguments.bind("filter 'batch'", ["linecount", "fill_with"], required: 1)
            let size = try given[0]?.integer("filter 'batch'") ?? 1
            guard size > 0 else { throw TemplateFailure("filter 'batch': \(size), expected at least 1") }
            let all = try elements(value, "batch", interpreter)
            var rows = stride(from: 0, to: all.count, by: size).map { Array(all[$0..<min($0 + size, all.count)]) }
            if let fill = given[1], !fill.isNone, let last = rows.indices.last {
                try interpreter.budget.make(multiplied(fill.weight, size))
                rows[last] += repeatElement(fill, count: size - rows[last].count)
            }
            return .iterator(TemplateIterator(rows.map(TemplateValue.list)))
        },
        "slice": { interpreter, value, arguments in
            let given = try arguments.bind("filter 'slice'", ["slices", "fill_with"], required: 1)
            let slices = try given[0]?.integer("filter 'slice'") ?? 1
            guard slices > 0 else { throw TemplateFailure("filter 'slice': \(slices), expected at least 1") }
            try interpreter.budget.make(slices)
            if let fill = given[1] { try interpreter.budget.make(multiplied(fill.weight, slices)) }
            let all = try elements(value, "slice", interpreter)
            let (size, extra) = (all.count / slices, all.count % slices)
            var start = 0
            let rows = (0..<slices).map { index in
                let end = start + size + (index < extra ? 1 : 0)
                defer { start = end }
                let fill = given[1].flatMap { $0.isNone || index < extra ? nil : [$0] } ?? []
                return TemplateValue.list(all[start..<end] + fill)
            }
            return .iterator(TemplateIterator(rows))
        },
        "groupby": { interpreter, value, arguments in
            let given = try arguments.bind("filter 'groupby'", ["attribute", "default", "case_sensitive"], required: 1)
            let sensitive = given[2]?.isTrue ?? false
            let all = try elements(value, "groupby", interpreter)
            try interpreter.budget.step(16 * all.count)
            let keyed = try all.map { element in
                let grouper = try Self.value(at: given[0], of: element, interpreter, fallback: given[1])
                return (key: key(grouper, caseSensitive: sensitive), element: TemplateValue.tuple([grouper, element]))
            }
            var groups: [(key: TemplateValue, grouper: TemplateValue, elements: [TemplateValue])] = []
            for pair in try keyed.sortedStably({ try $0.key.isLess(than: $1.key) }) {
                guard case .sequence(let parts) = pair.element else { continue }
                if let last = groups.last, last.key.isEqual(to: pair.key) {
                    groups[groups.count - 1].elements.append(parts.elements[1])
                } else {
                    groups.append((pair.key, parts.elements[0], [parts.elements[1]]))
                }
            }
            return .list(groups.map { .sequence(TemplateSequence(.group, [$0.grouper, .list($0.elements)])) })
        },
    ]

    private static let length: TemplateFilter = { _, value, _ in
        guard let length = value.length else {
            throw TemplateFailure("filter 'length': \(value.typeName) has no length")
        }
        return .integer(length)
    }

    /// A product that stays at the largest integer instead of overflowing.
    private static func multiplied(_ left: Int, _ right: Int) -> Int {
        let (product, overflow) = left.multipliedReportingOverflow(by: right)
        return overflow ? Int.max : product
    }

    private static func empty(_ name: String) -> TemplateValue { .undefined("no \(name) item, the sequence was empty") }

    static func elements(
        _ value: TemplateValue, _ name: String, _ interpreter: TemplateInterpreter
    ) throws -> [TemplateValue] {
        let elements = try value.elements(of: "filter '\(name)'")
        try interpreter.budget.make(elements.count)
        try interpreter.budget.step(elements.count)
        return elements
    }

    /// `attribute="a,b"` names several.
    private static func paths(_ attribute: TemplateValue?) -> [TemplateValue?] {
        guard case .text(let text)? = attribute else { return [attribute] }
        return text.split(at: ",", limit: -1).map { .text($0) }
    }

    private static func sorted(
        _ keyed: [(key: TemplateValue, element: TemplateValue)], isReversed: Bool
    ) throws -> [TemplateValue] {
        // Equal elements keep their order in both directions.
        let sorted = try keyed.sortedStably {
            try isReversed ? $1.key.isLess(than: $0.key) : $0.key.isLess(than: $1.key)
        }
        return sorted.map(\.element)
    }

    private static func extreme(
        _ name: String, _ interpreter: TemplateInterpreter, _ value: TemplateValue, _ arguments: TemplateArguments,
        _ isBetter: (TemplateValue, TemplateValue) throws -> Bool
    ) throws -> TemplateValue {
        let given = try arguments.bind("filter '\(name)'", ["case_sensitive", "attribute"])
        var best: (key: TemplateValue, element: TemplateValue)?
        for element in try elements(value, name, interpreter) {
            let found = key(
                try Self.value(at: given[1], of: element, interpreter), caseSensitive: given[0]?.isTrue ?? false)
            if let current = best, !(try isBetter(found, current.key)) { continue }
            best = (found, element)
        }
        return best?.element ?? .undefined("no aggregated item, the sequence was empty")
    }
}
