extension TemplateParser {
    /// An expression, or several with commas between them, which make a tuple.
    mutating func tuple(
        allowsCondition: Bool = true, ends: [String] = [], isInParentheses: Bool = false
    ) throws -> TemplateExpression {
        let line = current.line
        var elements: [TemplateExpression] = []
        var isTuple = false
        while !isTupleEnd(ends) {
            elements.append(try expression(allowsCondition: allowsCondition))
            guard skip(symbol: ",") else { break }
            isTuple = true
        }
        if !isTuple, let only = elements.first { return only }
        guard isTuple || isInParentheses else { throw unexpected("an expression") }
        return TemplateExpression(kind: .tuple(elements), line: line)
    }

    private func isTupleEnd(_ ends: [String]) -> Bool {
        switch current.kind {
        case .variableEnd, .blockEnd: true
        case .symbol(let symbol): symbol == ")"
        case .name(let name): ends.contains(name)
        default: false
        }
    }

    mutating func expression(allowsCondition: Bool = true) throws -> TemplateExpression {
        try nested { try allowsCondition ? $0.conditional() : $0.or() }
    }

    private mutating func conditional() throws -> TemplateExpression {
        let line = current.line
        let before = unknown.count
        var result = try or()
        while skip(name: "if") {
            try link()
            let test = try or()
            defer { unknown.removeSubrange(before...) }
            let otherwise = skip(name: "else") ? try nested { try $0.conditional() } : nil
            result = TemplateExpression(
                kind: .conditional(test: test, then: result, otherwise: otherwise), line: line)
        }
        return result
    }

    private mutating func or() throws -> TemplateExpression {
        var left = try and()
        while current.isName("or") {
            try link()
            let line = advance().line
            left = TemplateExpression(kind: .or(left, try and()), line: line)
        }
        return left
    }

    private mutating func and() throws -> TemplateExpression {
        var left = try not()
        while current.isName("and") {
            try link()
            let line = advance().line
            left = TemplateExpression(kind: .and(left, try not()), line: line)
        }
        return left
    }

    private mutating func not() throws -> TemplateExpression {
        guard current.isName("not") else { return try comparison() }
        let line = advance().line
        return TemplateExpression(kind: .not(try nested { try $0.not() }), line: line)
    }

    private mutating func comparison() throws -> TemplateExpression {
        let line = current.line
        let first = try sum()
        var operands: [(symbol: String, operand: TemplateExpression)] = []
        while true {
            if case .symbol(let symbol) = current.kind, ["==", "!=", "<", ">", "<=", ">="].contains(symbol) {
                advance()
                operands.append((symbol, try sum()))
            } else if skip(name: "in") {
                operands.append(("in", try sum()))
            } else if current.isName("not"), next.isName("in") {
                advance()
                advance()
                operands.append(("not in", try sum()))
            } else {
                break
            }
        }
        return operands.isEmpty ? first : TemplateExpression(kind: .compare(first, operands), line: line)
    }

    /// A chain of binary operators of one level.
    private mutating func chain(
        _ symbols: [String], _ operand: (inout TemplateParser) throws -> TemplateExpression
    ) throws -> TemplateExpression {
        var left = try operand(&self)
        while case .symbol(let symbol) = current.kind, symbols.contains(symbol) {
            try link()
            let line = advance().line
            left = TemplateExpression(kind: .binary(symbol, left, try operand(&self)), line: line)
        }
        return left
    }

    private mutating func sum() throws -> TemplateExpression { try chain(["+", "-"]) { try $0.concatenation() } }

    private mutating func concatenation() throws -> TemplateExpression {
        let line = current.line
        var parts = [try product()]
        while skip(symbol: "~") { parts.append(try product()) }
        return parts.count == 1 ? parts[0] : TemplateExpression(kind: .concatenate(parts), line: line)
    }

    private mutating func product() throws -> TemplateExpression {
        try chain(["*", "/", "//", "%"]) { try $0.chain(["**"]) { try $0.unary() } }
    }

    private mutating func unary(withFilters: Bool = true) throws -> TemplateExpression {
        try nested { try $0.unaryLinks(withFilters: withFilters) }
    }

    private mutating func unaryLinks(withFilters: Bool) throws -> TemplateExpression {
        let line = current.line
        var result: TemplateExpression
        if skip(symbol: "-") {
            result = TemplateExpression(kind: .negate(try nested { try $0.unary(withFilters: false) }), line: line)
        } else if skip(symbol: "+") {
            result = TemplateExpression(kind: .plus(try nested { try $0.unary(withFilters: false) }), line: line)
        } else {
            result = try primary()
        }
        result = try postfix(result)
        return withFilters ? try filtersAndTests(result) : result
    }

    private mutating func primary() throws -> TemplateExpression {
        let token = current
        let kind: TemplateExpression.Kind
        switch token.kind {
        case .name(let name):
            advance()
            switch name {
            case "true", "True": kind = .boolean(true)
            case "false", "False": kind = .boolean(false)
            case "none", "None": kind = .none
            default:
                for index in mentions.indices { mentions[index].insert(name) }
                kind = .name(name)
            }
        case .string:
            var text = ""
            while case .string(let part) = current.kind {
                text.unicodeScalars.append(contentsOf: part.unicodeScalars)
                advance()
            }
            kind = .text(TemplateText(text))
        case .integer(let value):
            advance()
            kind = .integer(value)
        case .float(let value):
            advance()
            kind = .float(value)
        case .symbol("("):
            advance()
            let inner = try nested { try $0.tuple(isInParentheses: true) }
            try expect(symbol: ")")
            return inner
        case .symbol("["):
            advance()
            kind = .list(try elements(until: "]") { try $0.expression() })
        case .symbol("{"):
            advance()
            kind = .dictionary(
                try elements(until: "}") { parser in
                    let key = try parser.expression()
                    try parser.expect(symbol: ":")
                    return (key, try parser.expression())
                })
        default: throw unexpected("an expression")
        }
        return TemplateExpression(kind: kind, line: token.line)
    }

    /// Elements with commas between them, and perhaps one at the end.
    private mutating func elements<Element>(
        until end: String, _ element: (inout TemplateParser) throws -> Element
    ) throws -> [Element] {
        var elements: [Element] = []
        while !current.isSymbol(end) {
            if !elements.isEmpty {
                try expect(symbol: ",")
                if current.isSymbol(end) { break }
            }
            elements.append(try element(&self))
        }
        try expect(symbol: end)
        return elements
    }

    private mutating func postfix(_ value: TemplateExpression) throws -> TemplateExpression {
        var result = value
        while true {
            let line = current.line
            if skip(symbol: ".") {
                try link()
                if case .integer(let index) = current.kind {
                    advance()
                    let place = TemplateExpression(kind: .integer(index), line: line)
                    result = TemplateExpression(kind: .item(result, place), line: line)
                } else {
                    result = TemplateExpression(kind: .attribute(result, try anyName()), line: line)
                }
            } else if skip(symbol: "[") {
                try link()
                result = try subscripted(result, line)
            } else if current.isSymbol("(") {
                try link()
                result = TemplateExpression(kind: .call(result, try arguments()), line: line)
            } else {
                return result
            }
        }
    }

    private mutating func subscripted(_ value: TemplateExpression, _ line: Int) throws -> TemplateExpression {
        var slice = TemplateSlice()
        var isSlice = false
        var index: TemplateExpression?
        if !current.isSymbol(":") { index = try expression() }
        if skip(symbol: ":") {
            isSlice = true
            slice.start = index
            if !current.isSymbol(":"), !current.isSymbol("]") { slice.stop = try expression() }
            if skip(symbol: ":"), !current.isSymbol("]") { slice.step = try expression() }
        }
        if isSlice {
            try expect(symbol: "]")
            return TemplateExpression(kind: .slice(value, slice), line: line)
        }
        guard let first = index else { throw unexpected("an expression") }
        var places = [first]
        while skip(symbol: ",") { places.append(try expression()) }
        try expect(symbol: "]")
        let place = places.count == 1 ? first : TemplateExpression(kind: .tuple(places), line: line)
        return TemplateExpression(kind: .item(value, place), line: line)
    }

    private mutating func arguments() throws -> TemplateCallArguments {
        var arguments = TemplateCallArguments()
        let line = current.line
        func check(_ holds: Bool) throws {
            if !holds { throw ChatTemplateError.syntax(line: line, "the arguments of a call are in the wrong order") }
        }
        try expect(symbol: "(")
        while !current.isSymbol(")") {
            if skip(symbol: "*") {
                try check(arguments.unpackedList == nil && arguments.unpackedDictionary == nil)
                arguments.unpackedList = try expression()
            } else if skip(symbol: "**") {
                try check(arguments.unpackedDictionary == nil)
                arguments.unpackedDictionary = try expression()
            } else if case .name(let name) = current.kind, next.isSymbol("=") {
                try check(arguments.unpackedDictionary == nil)
                advance()
                advance()
                arguments.named.append((name, try expression()))
            } else {
                try check(
                    arguments.named.isEmpty && arguments.unpackedList == nil && arguments.unpackedDictionary == nil)
                arguments.positional.append(try expression())
            }
            guard skip(symbol: ",") else { break }
        }
        try expect(symbol: ")")
        return arguments
    }

    private mutating func filtersAndTests(_ value: TemplateExpression) throws -> TemplateExpression {
        var result = value
        while true {
            let line = current.line
            if current.isSymbol("|") {
                result = try filters(result, startsInline: false) ?? result
            } else if skip(name: "is") {
                try link()
                result = try test(result, line)
            } else if current.isSymbol("(") {
                try link()
                result = TemplateExpression(kind: .call(result, try arguments()), line: line)
            } else {
                return result
            }
        }
    }

    /// A chain of filters; with `startsInline` the first stands without a bar.
    mutating func filters(_ value: TemplateExpression?, startsInline: Bool) throws -> TemplateExpression? {
        var result = value
        var startsInline = startsInline
        while startsInline || skip(symbol: "|") {
            try link()
            startsInline = false
            let line = current.line
            let name = try dottedName()
            if conditionDepth == 0, TemplateFilters.all[name] == nil {
                unknown.append(syntax("unknown filter '\(name)'", line))
            }
            let arguments = current.isSymbol("(") ? try arguments() : TemplateCallArguments()
            result = TemplateExpression(kind: .filter(result, name, arguments), line: line)
        }
        return result
    }

    private mutating func dottedName() throws -> String {
        var name = try anyName()
        while skip(symbol: ".") { name += "." + (try anyName()) }
        return name
    }

    private mutating func test(_ value: TemplateExpression, _ line: Int) throws -> TemplateExpression {
        let isNegated = skip(name: "not")
        let name = try dottedName()
        if conditionDepth == 0, TemplateTests.all[name] == nil {
            unknown.append(syntax("unknown test '\(name)'", line))
        }
        var arguments = TemplateCallArguments()
        switch current.kind {
        case .symbol("("): arguments = try self.arguments()
        case .name("else"), .name("or"), .name("and"): break
        case .name("is"): throw syntax("tests cannot be chained with 'is'", line)
        case .name, .string, .integer, .float, .symbol("["), .symbol("{"):
            arguments.positional = [try postfix(try primary())]
        default: break
        }
        let test = TemplateExpression(kind: .test(value, name, arguments), line: line)
        return isNegated ? TemplateExpression(kind: .not(test), line: line) : test
    }
}
