/// A test: `value is name(arguments)`.
typealias TemplateTest = @Sendable (TemplateValue, TemplateArguments) throws -> Bool

/// The tests that templates can name.
enum TemplateTests {
    static let all: [String: TemplateTest] = kinds.merging(comparisons) { first, _ in first }

    private static let kinds: [String: TemplateTest] = [
        "defined": { value, _ in !value.isUndefined },
        "undefined": { value, _ in value.isUndefined },
        "none": { value, _ in value.isNone },
        "boolean": { value, _ in if case .boolean = value { true } else { false } },
        "true": { value, _ in if case .boolean(true) = value { true } else { false } },
        "false": { value, _ in if case .boolean(false) = value { true } else { false } },
        "integer": { value, _ in if case .integer = value { true } else { false } },
        "float": { value, _ in if case .float = value { true } else { false } },
        "number": { value, _ in value.doubleValue != nil },
        "string": { value, _ in value.textValue != nil },
        "mapping": { value, _ in if case .dictionary = value { true } else { false } },
        "sequence": { value, _ in
            switch value {
            case .text, .dictionary, .undefined: true
            case .sequence(let sequence): sequence.isIndexable
            default: false
            }
        },
        "iterable": { value, _ in
            switch value {
            case .text, .dictionary, .undefined, .sequence, .iterator, .loop: true
            default: false
            }
        },
        "callable": { value, _ in
            switch value {
            case .callable, .loop, .undefined: true
            default: false
            }
        },
        "sameas": { value, arguments in
            guard let other = try arguments.bind("test 'sameas'", ["other"], required: 1)[0] else { return false }
            return value.typeName == other.typeName && value.isEqual(to: other)
        },
        "escaped": { value, _ in value.textValue?.isMarkup ?? false },
        "lower": { value, _ in value.asText.isLowercase },
        "upper": { value, _ in value.asText.isUppercase },
        "even": { value, _ in try remainder(value, .integer(2), "even") == 0 },
        "odd": { value, _ in try remainder(value, .integer(2), "odd") == 1 },
        "divisibleby": { value, arguments in
            let divisor = try arguments.bind("test 'divisibleby'", ["num"], required: 1)[0]
            return try remainder(value, divisor ?? .none, "divisibleby") == 0
        },
        "in": { value, arguments in
            try arguments.bind("test 'in'", ["seq"], required: 1)[0]?.contains(value) ?? false
        },
        "filter": { value, _ in TemplateFilters.all[value.asText.string] != nil },
        "test": { value, _ in names.contains(value.asText.string) },
    ]

    private static let comparisons: [String: TemplateTest] = {
        let equal = comparison { $0.isEqual(to: $1) }
        let unequal = comparison { !$0.isEqual(to: $1) }
        let less = comparison { try $0.isLess(than: $1) }
        let greater = comparison { try $1.isLess(than: $0, operator: ">") }
        let atMost = comparison { try $0.isAtMost($1, operator: "<=") }
        let atLeast = comparison { try $1.isAtMost($0, operator: ">=") }
        return [
            "==": equal, "eq": equal, "equalto": equal, "!=": unequal, "ne": unequal,
            "<": less, "lt": less, "lessthan": less, ">": greater, "gt": greater, "greaterthan": greater,
            "<=": atMost, "le": atMost, ">=": atLeast, "ge": atLeast,
        ]
    }()

    /// The names in ``all``, for the test that asks for one of them.
    private static let names: Set<String> = [
        "defined", "undefined", "none", "boolean", "true", "false", "integer", "float", "number", "string", "mapping",
        "sequence", "iterable", "callable", "sameas", "escaped", "lower", "upper", "even", "odd", "divisibleby", "in",
        "filter", "test", "==", "eq", "equalto", "!=", "ne", "<", "lt", "lessthan", ">", "gt", "greaterthan", "<=",
        "le",
        ">=", "ge",
    ]

    private static func comparison(
        _ holds: @escaping @Sendable (TemplateValue, TemplateValue) throws -> Bool
    ) -> TemplateTest {
        { value, arguments in
            try holds(value, try arguments.bind("a comparing test", ["other"], required: 1)[0] ?? .none)
        }
    }

    private static func remainder(_ value: TemplateValue, _ divisor: TemplateValue, _ name: String) throws -> Double {
        if let left = value.integerValue, let right = divisor.integerValue {
            return Double(try PythonNumber.modulo(left, right))
        }
        guard let left = value.doubleValue, let right = divisor.doubleValue else {
            let found = value.doubleValue == nil ? value : divisor
            throw TemplateFailure("test '\(name)': \(found.typeName), expected a number")
        }
        return try PythonNumber.modulo(left, right)
    }
}
