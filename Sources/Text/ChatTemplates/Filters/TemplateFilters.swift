/// A filter: the value before the bar, and the arguments after the name.
typealias TemplateFilter = @Sendable (TemplateInterpreter, TemplateValue, TemplateArguments) throws -> TemplateValue

/// The filters that templates can name, each with Jinja's name, parameters and defaults.
enum TemplateFilters {
    static let all: [String: TemplateFilter] = text.merging(sequences) { first, _ in first }
        .merging(selections) { first, _ in first }
        .merging(numbers) { first, _ in first }

    /// What `attribute=` names: members behind each other, with dots between them; whole numbers are places.
    static func value(
        at path: TemplateValue?, of value: TemplateValue, _ interpreter: TemplateInterpreter,
        fallback: TemplateValue? = nil
    ) throws -> TemplateValue {
        switch path {
        case nil, TemplateValue.none?: return value
        case .text(let text)?:
            return try text.split(at: ".", limit: -1).reduce(value) { value, part in
                let key =
                    part.allSatisfy(\.isPythonDigit)
                    ? Int(part.string).map(TemplateValue.integer) ?? .text(part) : .text(part)
                let found = try interpreter.item(key, of: value)
                return found.isUndefined ? fallback ?? found : found
            }
        case let place?:
            let found = try interpreter.item(place, of: value)
            return found.isUndefined ? fallback ?? found : found
        }
    }

    /// A key for sorting and grouping: texts count without their case unless that is asked for.
    static func key(_ value: TemplateValue, caseSensitive: Bool) -> TemplateValue {
        if !caseSensitive, case .text(let text) = value { return .text(text.lowercased()) }
        return value
    }
}
