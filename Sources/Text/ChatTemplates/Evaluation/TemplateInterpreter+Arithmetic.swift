import Foundation

extension TemplateInterpreter {
    /// `left symbol right` for the arithmetic operators.
    func binary(_ symbol: String, _ left: TemplateValue, _ right: TemplateValue) throws -> TemplateValue {
        if case .undefined(let undefined) = left { throw TemplateFailure("operator '\(symbol)': \(undefined.message)") }
        if symbol == "%", case .text(let format) = left {
            return .text(try PercentFormat.text(format, right, self))
        }
        if case .undefined(let undefined) = right {
            throw TemplateFailure("operator '\(symbol)': \(undefined.message)")
        }
        switch (symbol, left, right) {
        case ("+", .text(let one), .text(let other)):
            try budget.make(one.count + other.count)
            return .text(one.isMarkup || other.isMarkup ? (one.escaped + other.escaped).marked() : one + other)
        case ("+", .sequence(let one), .sequence(let other))
        where (one.kind == .list && other.kind == .list) || (one.isTuple && other.isTuple):
            try budget.make(one.elements.count + other.elements.count)
            return .sequence(TemplateSequence(one.isTuple ? .tuple : .list, one.elements + other.elements))
        case ("*", .text, _), ("*", .sequence, _), ("*", _, .text), ("*", _, .sequence):
            if let result = try repeated(left, right) ?? repeated(right, left) { return result }
        default:
            if let one = left.integerValue, let other = right.integerValue { return try integers(symbol, one, other) }
            if let one = left.doubleValue, let other = right.doubleValue { return try floats(symbol, one, other) }
        }
        throw TemplateFailure("operator '\(symbol)' is not supported between \(left.typeName) and \(right.typeName)")
    }

    private func repeated(_ value: TemplateValue, _ count: TemplateValue) throws -> TemplateValue? {
        guard let count = count.integerValue.map({ max(0, $0) }) else { return nil }
        let (total, overflow) = (value.length ?? 0).multipliedReportingOverflow(by: count)
        try budget.make(overflow ? Int.max : total)
        switch value {
        case .text(let text):
            let repeated = Array(repeatElement(text.elements, count: total == 0 ? 0 : count).joined())
            return .text(TemplateText(repeated).marked(text.isMarkup))
        case .sequence(let sequence) where sequence.kind == .list || sequence.isTuple:
            let elements = Array(repeatElement(sequence.elements, count: total == 0 ? 0 : count).joined())
            return .sequence(TemplateSequence(sequence.isTuple ? .tuple : .list, elements))
        default: return nil
        }
    }

    private func integers(_ symbol: String, _ left: Int, _ right: Int) throws -> TemplateValue {
        func checked(_ result: (partialValue: Int, overflow: Bool)) throws -> TemplateValue {
            if result.overflow { throw PythonNumber.tooLarge }
            return .integer(result.partialValue)
        }
        switch symbol {
        case "+": return try checked(left.addingReportingOverflow(right))
        case "-": return try checked(left.subtractingReportingOverflow(right))
        case "*": return try checked(left.multipliedReportingOverflow(by: right))
        case "//": return .integer(try PythonNumber.floorDivide(left, right))
        case "%": return .integer(try PythonNumber.modulo(left, right))
        case "**" where right >= 0: return .integer(try PythonNumber.power(left, right))
        default: return try floats(symbol, Double(left), Double(right))
        }
    }

    private func floats(_ symbol: String, _ left: Double, _ right: Double) throws -> TemplateValue {
        switch symbol {
        case "+": return .float(left + right)
        case "-": return .float(left - right)
        case "*": return .float(left * right)
        case "/":
            guard right != 0 else { throw TemplateFailure("operator '/': division by zero") }
            return .float(left / right)
        case "//":
            guard right != 0 else { throw TemplateFailure("operator '//': division by zero") }
            let rest = try PythonNumber.modulo(left, right)
            return .float(((left - rest) / right).rounded())
        case "%": return .float(try PythonNumber.modulo(left, right))
        default:
            guard left != 0 || right >= 0 else { throw TemplateFailure("operator '**': zero to a negative power") }
            return .float(pow(left, right))
        }
    }

    func negate(_ value: TemplateValue) throws -> TemplateValue {
        if case .float(let number) = value { return .float(-number) }
        let (result, overflow) = Int(0).subtractingReportingOverflow(try number(value, "-"))
        if overflow { throw PythonNumber.tooLarge }
        return .integer(result)
    }

    func number(_ value: TemplateValue, _ symbol: String) throws -> Int {
        if let number = value.integerValue { return number }
        if case .undefined(let undefined) = value {
            throw TemplateFailure("operator '\(symbol)': \(undefined.message)")
        }
        throw TemplateFailure("operator '\(symbol)' is not supported for \(value.typeName)")
    }
}
