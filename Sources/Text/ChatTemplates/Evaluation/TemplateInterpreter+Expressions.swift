extension TemplateInterpreter {
    func evaluate(_ expression: TemplateExpression, _ scope: TemplateScope) throws -> TemplateValue {
        try budget.step()
        switch expression.kind {
        case .none: return .none
        case .boolean(let value): return .boolean(value)
        case .integer(let value): return .integer(value)
        case .float(let value): return .float(value)
        case .text(let text): return .text(text)
        case .name(let name): return scope.value(name) ?? .undefined("'\(name)' is undefined")
        default:
            let value = try nested { try evaluateCompound(expression, scope) }
            try budget.check(value)
            return value
        }
    }

    private func evaluateCompound(_ expression: TemplateExpression, _ scope: TemplateScope) throws -> TemplateValue {
        let line = expression.line
        switch expression.kind {
        case .list(let elements): return .list(try elements.map { try evaluate($0, scope) })
        case .tuple(let elements): return .tuple(try elements.map { try evaluate($0, scope) })
        case .dictionary(let members): return try dictionary(members, scope, line)
        case .attribute(let object, let name):
            let value = try evaluate(object, scope)
            self.line = line
            return try attribute(name, of: value)
        case .item(let object, let key):
            let value = try evaluate(object, scope)
            let key = try evaluate(key, scope)
            self.line = line
            return try item(key, of: value)
        case .slice(let object, let parts): return try slice(object, parts, scope, line)
        case .call: return try evaluateCall(expression, scope, caller: nil)
        case .filter(let value?, let name, let arguments):
            let value = try evaluate(value, scope)
            return try filter(name, value, try evaluate(arguments, scope), line)
        case .filter(nil, _, _): throw TemplateFailure("a filter without a value")
        case .test(let value, let name, let arguments):
            let value = try evaluate(value, scope)
            return .boolean(try test(name, value, try evaluate(arguments, scope), line))
        case .not(let operand): return .boolean(!(try evaluate(operand, scope).isTrue))
        case .and(let left, let right):
            let value = try evaluate(left, scope)
            return value.isTrue ? try evaluate(right, scope) : value
        case .or(let left, let right):
            let value = try evaluate(left, scope)
            return value.isTrue ? value : try evaluate(right, scope)
        case .conditional(let test, let then, let otherwise):
            if try evaluate(test, scope).isTrue { return try evaluate(then, scope) }
            guard let otherwise else { return .undefined("the inline 'if' has no 'else' and its condition is false") }
            return try evaluate(otherwise, scope)
        case .negate(let operand):
            let value = try evaluate(operand, scope)
            self.line = line
            return try negate(value)
        case .plus(let operand):
            let value = try evaluate(operand, scope)
            self.line = line
            if case .float = value { return value }
            return .integer(try number(value, "+"))
        case .binary(let symbol, let left, let right):
            let left = try evaluate(left, scope)
            let right = try evaluate(right, scope)
            self.line = line
            return try binary(symbol, left, right)
        case .concatenate(let parts):
            let texts = try parts.map { try evaluate($0, scope).asText }
            try budget.make(texts.reduce(0) { $0 + $1.count })
            return .text(TemplateText.joined(texts, by: TemplateText()))
        case .compare(let first, let operands): return try compare(first, operands, scope, line)
        case .none, .boolean, .integer, .float, .text, .name: return try evaluate(expression, scope)
        }
    }

    private func dictionary(
        _ members: [(key: TemplateExpression, value: TemplateExpression)], _ scope: TemplateScope, _ line: Int
    ) throws -> TemplateValue {
        var dictionary = TemplateDictionary()
        for (key, value) in members {
            let key = try evaluate(key, scope)
            guard key.isHashable else {
                self.line = line
                throw TemplateFailure("a dictionary: \(key.typeName) cannot be a key")
            }
            dictionary.set(key, try evaluate(value, scope))
        }
        return .dictionary(dictionary)
    }

    private func compare(
        _ first: TemplateExpression, _ operands: [(symbol: String, operand: TemplateExpression)],
        _ scope: TemplateScope, _ line: Int
    ) throws -> TemplateValue {
        var left = try evaluate(first, scope)
        for (symbol, operand) in operands {
            let right = try evaluate(operand, scope)
            self.line = line
            try budget.step((symbol.hasSuffix("in") ? right.weight : min(left.weight, right.weight)) / 64)
            let holds: Bool
            switch symbol {
            case "==": holds = left.isEqual(to: right)
            case "!=": holds = !left.isEqual(to: right)
            case "<": holds = try left.isLess(than: right)
            case ">": holds = try right.isLess(than: left, operator: ">")
            case "<=": holds = try left.isAtMost(right, operator: "<=")
            case ">=": holds = try right.isAtMost(left, operator: ">=")
            case "in": holds = try right.contains(left)
            default: holds = !(try right.contains(left))
            }
            if !holds { return .boolean(false) }
            left = right
        }
        return .boolean(true)
    }

    private func slice(
        _ object: TemplateExpression, _ parts: TemplateSlice, _ scope: TemplateScope, _ line: Int
    ) throws -> TemplateValue {
        let value = try evaluate(object, scope)
        func bound(_ expression: TemplateExpression?) throws -> Int? {
            guard let expression else { return nil }
            let value = try evaluate(expression, scope)
            if value.isNone { return nil }
            self.line = line
            return try value.integer("a slice")
        }
        let start = try bound(parts.start)
        let stop = try bound(parts.stop)
        let step = try bound(parts.step) ?? 1
        self.line = line
        guard step != 0 else { throw TemplateFailure("a slice: the step is 0") }
        let length: Int
        switch value {
        case .text(let text): length = text.count
        case .sequence(let sequence) where sequence.isIndexable: length = sequence.elements.count
        case .undefined(let undefined): throw TemplateFailure("a slice: \(undefined.message)")
        default: throw TemplateFailure("a slice of \(value.typeName), expected a text or a list")
        }
        let places = slicePlaces(start, stop, step, length)
        try budget.make(places.count)
        switch value {
        case .text(let text): return .text(TemplateText(places.map { text.elements[$0] }).marked(text.isMarkup))
        case .sequence(let sequence):
            let kind: TemplateSequence.Kind = sequence.isTuple ? .tuple : sequence.kind
            return .sequence(
                TemplateSequence(kind, places.map { sequence.elements[$0] }, origin: sequence.origin))
        default: return .none
        }
    }

    private func slicePlaces(_ start: Int?, _ stop: Int?, _ step: Int, _ length: Int) -> [Int] {
        func clamp(_ place: Int, _ low: Int, _ high: Int) -> Int {
            let place = place < 0 ? place.addingReportingOverflow(length).partialValue : place
            return Swift.min(Swift.max(place, low), high)
        }
        if step > 0 {
            let from = start.map { clamp($0, 0, length) } ?? 0
            let to = stop.map { clamp($0, 0, length) } ?? length
            return Array(stride(from: from, to: to, by: step))
        }
        let from = start.map { clamp($0, -1, length - 1) } ?? length - 1
        let to = stop.map { clamp($0, -1, length - 1) } ?? -1
        return Array(stride(from: from, to: to, by: step))
    }

    func evaluateCall(
        _ expression: TemplateExpression, _ scope: TemplateScope, caller: TemplateValue?
    ) throws -> TemplateValue {
        guard case .call(let function, let written) = expression.kind else {
            throw TemplateFailure("block 'call' without a call")
        }
        let callee = try evaluate(function, scope)
        var arguments = try evaluate(written, scope)
        if let caller { arguments.named.append(("caller", caller)) }
        line = expression.line
        switch callee {
        case .callable(let callable):
            try budget.step()
            return try callable.call(self, arguments)
        case .loop(let loop):
            guard let recurse = loop.recurse else {
                throw TemplateFailure("loop(…): the loop is not marked 'recursive'")
            }
            guard let items = arguments.positional.first else {
                throw TemplateFailure("loop(…): an argument is missing")
            }
            return try recurse(self, items)
        case .undefined(let undefined): throw TemplateFailure("a call: \(undefined.message)")
        default: throw TemplateFailure("a call: \(callee.typeName) cannot be called")
        }
    }

    func evaluate(_ written: TemplateCallArguments, _ scope: TemplateScope) throws -> TemplateArguments {
        var arguments = TemplateArguments()
        for expression in written.positional { arguments.positional.append(try evaluate(expression, scope)) }
        for (name, expression) in written.named { arguments.named.append((name, try evaluate(expression, scope))) }
        if let list = written.unpackedList {
            arguments.positional += try evaluate(list, scope).elements(of: "'*' in a call")
        }
        if let members = written.unpackedDictionary {
            guard case .dictionary(let dictionary) = try evaluate(members, scope) else {
                throw TemplateFailure("'**' in a call: expected a dictionary")
            }
            for (key, value) in zip(dictionary.keys, dictionary.values) {
                arguments.named.append((try key.text("'**' in a call").string, value))
            }
        }
        return arguments
    }

    /// Applies the filters of a `filter` block or a block assignment.
    func applyFilters(
        _ expression: TemplateExpression, to value: TemplateValue, _ scope: TemplateScope
    ) throws -> TemplateValue {
        guard case .filter(let inner, let name, let arguments) = expression.kind else {
            throw TemplateFailure("a filter was expected")
        }
        let value = try inner.map { try applyFilters($0, to: value, scope) } ?? value
        return try filter(name, value, try evaluate(arguments, scope), expression.line)
    }

    func filter(
        _ name: String, _ value: TemplateValue, _ arguments: TemplateArguments, _ line: Int
    ) throws -> TemplateValue {
        self.line = line
        guard let filter = TemplateFilters.all[name] else { throw TemplateFailure("unknown filter '\(name)'") }
        try budget.step(1 + value.weight / 64)
        return try filter(self, value, arguments)
    }

    func test(
        _ name: String, _ value: TemplateValue, _ arguments: TemplateArguments, _ line: Int
    ) throws -> Bool {
        self.line = line
        guard let test = TemplateTests.all[name] else { throw TemplateFailure("unknown test '\(name)'") }
        return try test(value, arguments)
    }
}

extension TemplateValue {
    /// Python's `<=`.
    func isAtMost(_ other: TemplateValue, operator name: String) throws -> Bool {
        if let left = doubleValue, let right = other.doubleValue, left.isNaN || right.isNaN { return false }
        return !(try other.isLess(than: self, operator: name))
    }
}
