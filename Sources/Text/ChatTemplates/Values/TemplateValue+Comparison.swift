extension TemplateValue {
    /// Python's `==`.
    func isEqual(to other: TemplateValue) -> Bool {
        switch (self, other) {
        case (.undefined, .undefined), (.none, .none): return true
        case (.text(let left), .text(let right)): return left == right
        case (.sequence(let left), .sequence(let right)):
            guard left.kind == right.kind || (left.isTuple && right.isTuple) else { return false }
            return left.elements.count == right.elements.count
                && zip(left.elements, right.elements).allSatisfy { $0.isEqual(to: $1) }
        case (.dictionary(let left), .dictionary(let right)):
            return left.count == right.count
                && zip(left.keys, left.values).allSatisfy { key, value in
                    right.value(key).map { $0.isEqual(to: value) } ?? false
                }
        case (.namespace(let left), .namespace(let right)): return left === right
        case (.iterator(let left), .iterator(let right)): return left === right
        case (.loop(let left), .loop(let right)): return left === right
        default:
            if let left = integerValue, let right = other.integerValue { return left == right }
            if let left = doubleValue, let right = other.doubleValue { return left == right }
            return false
        }
    }

    /// Python's `<`; values without an order fail.
    func isLess(than other: TemplateValue, operator name: String = "<") throws -> Bool {
        switch (self, other) {
        case (.undefined(let undefined), _), (_, .undefined(let undefined)):
            throw TemplateFailure("operator '\(name)': \(undefined.message)")
        case (.text(let left), .text(let right)): return left < right
        case (.sequence(let left), .sequence(let right))
        where (left.kind == .list && right.kind == .list) || (left.isTuple && right.isTuple):
            for (one, another) in zip(left.elements, right.elements) where !one.isEqual(to: another) {
                return try one.isLess(than: another, operator: name)
            }
            return left.elements.count < right.elements.count
        default:
            if let left = integerValue, let right = other.integerValue { return left < right }
            if let left = doubleValue, let right = other.doubleValue { return left < right }
            throw TemplateFailure(
                "operator '\(name)' is not supported between \(typeName) and \(other.typeName)")
        }
    }

    /// Python's `needle in self`.
    func contains(_ needle: TemplateValue) throws -> Bool {
        switch self {
        case .text(let text):
            guard case .text(let part) = needle else {
                if case .undefined(let undefined) = needle {
                    throw TemplateFailure("operator 'in': \(undefined.message)")
                }
                throw TemplateFailure("operator 'in': \(needle.typeName) in a text, expected a text")
            }
            return text.firstIndex(of: part) != nil
        case .dictionary(let dictionary):
            guard needle.isHashable else { throw TemplateFailure("operator 'in': \(needle.typeName) is no key") }
            return dictionary.value(needle) != nil
        default:
            return try elements(of: "operator 'in'").contains { $0.isEqual(to: needle) }
        }
    }

    /// Python's `iter(value)` walked to its end.
    func elements(of construct: @autoclosure () -> String = "iteration") throws -> [TemplateValue] {
        switch self {
        case .undefined: []
        case .text(let text): text.elements.map { .text(TemplateText([$0])) }
        case .sequence(let sequence): sequence.elements
        case .dictionary(let dictionary): dictionary.keys
        case .iterator(let iterator): iterator.takeAll()
        default: throw TemplateFailure("\(construct()): \(typeName) cannot be iterated over")
        }
    }

    /// Python's `len(value)`, or nil for what has none.
    var length: Int? {
        switch self {
        case .undefined: 0
        case .text(let text): text.count
        case .sequence(let sequence): sequence.elements.count
        case .dictionary(let dictionary): dictionary.count
        case .loop(let loop): loop.items.count
        default: nil
        }
    }
}
