extension TemplateFilters {
    static let selections: [String: TemplateFilter] = [
        "default": fallback,
        "d": fallback,
        "attr": { interpreter, value, arguments in
            let name = try arguments.bind("filter 'attr'", ["name"], required: 1)[0]?.asText.string ?? ""
            // Unlike a dot, this does not look among the keys of a dictionary.
            if case .dictionary = value {
                return try interpreter.attribute(name, of: .dictionary(TemplateDictionary()))
            }
            return try interpreter.attribute(name, of: value)
        },
        "map": { interpreter, value, arguments in
            // Jinja asks whether the value is true, not whether it is a sequence: `none` has nothing to choose from.
            if !value.isTrue { return .iterator(TemplateIterator([])) }
            let all = try elements(value, "map", interpreter)
            if let attribute = arguments.named("attribute"), arguments.positional.isEmpty {
                let fallback = arguments.named("default").flatMap { $0.isNone ? nil : $0 }
                return .iterator(
                    TemplateIterator(
                        try all.map { try Self.value(at: attribute, of: $0, interpreter, fallback: fallback) }))
            }
            guard let name = arguments.positional.first else {
                throw TemplateFailure("filter 'map': expected a filter")
            }
            let rest = TemplateArguments(positional: Array(arguments.positional.dropFirst()), named: arguments.named)
            return .iterator(
                TemplateIterator(
                    try all.map { try interpreter.filter(name.asText.string, $0, rest, interpreter.line) }))
        },
        "select": { try select("select", $0, $1, $2, hasAttribute: false, keeps: true) },
        "reject": { try select("reject", $0, $1, $2, hasAttribute: false, keeps: false) },
        "selectattr": { try select("selectattr", $0, $1, $2, hasAttribute: true, keeps: true) },
        "rejectattr": { try select("rejectattr", $0, $1, $2, hasAttribute: true, keeps: false) },
    ]

    private static let fallback: TemplateFilter = { _, value, arguments in
        let given = try arguments.bind("filter 'default'", ["default_value", "boolean"])
        let isMissing = value.isUndefined || (given[1]?.isTrue ?? false) && !value.isTrue
        return isMissing ? given[0] ?? .text("") : value
    }

    private static func select(
        _ name: String, _ interpreter: TemplateInterpreter, _ value: TemplateValue, _ arguments: TemplateArguments,
        hasAttribute: Bool, keeps: Bool
    ) throws -> TemplateValue {
        if !value.isTrue { return .iterator(TemplateIterator([])) }
        var rest = arguments
        var attribute: TemplateValue?
        if hasAttribute {
            guard let first = rest.positional.first else {
                throw TemplateFailure("filter '\(name)': expected an attribute")
            }
            attribute = first
            rest.positional.removeFirst()
        }
        var test: String?
        if let first = rest.positional.first {
            test = first.asText.string
            rest.positional.removeFirst()
        }
        let kept = try elements(value, name, interpreter).filter { element in
            let subject = try Self.value(at: attribute, of: element, interpreter)
            let holds = try test.map { try interpreter.test($0, subject, rest, interpreter.line) } ?? subject.isTrue
            return holds == keeps
        }
        return .iterator(TemplateIterator(kept))
    }
}
