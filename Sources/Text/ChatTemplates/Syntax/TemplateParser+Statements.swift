extension TemplateParser {
    /// One statement, from its name up to the `%}` that ends it.
    mutating func statement() throws -> TemplateStatement {
        let line = current.line
        guard case .name(let name) = current.kind else { throw unexpected("the name of a block") }
        advance()
        let kind: TemplateStatement.Kind
        switch name {
        case "if": kind = try condition(line)
        case "for": kind = .loop(try forLoop(line))
        case "set": kind = try assignment(line)
        case "with": kind = try with(line)
        case "macro": kind = .macro(try macro(line))
        case "call": kind = try call(line)
        case "filter":
            guard let filter = try filters(nil, startsInline: true) else { throw unexpected("a filter") }
            kind = .filter(filter, body: try closed("filter", line))
        case "generation": kind = .generation(try closed("generation", line))
        case "autoescape":
            guard case .boolean(false) = try expression().kind else {
                throw syntax("block 'autoescape' that is not false, which is not supported", line)
            }
            kind = .scope(try closed("autoescape", line))
        case "block":
            let block = try anyName()
            _ = skip(name: "scoped")
            _ = skip(name: "required")
            kind = .scope(try closed("block", line))
            _ = skip(name: block)
        case "print":
            var parts = [try expression()]
            while skip(symbol: ",") { parts.append(try expression()) }
            kind = .output(TemplateExpression(kind: .concatenate(parts), line: line))
        case "break", "continue":
            guard loopDepth > 0 else { throw syntax("'\(name)' outside of a loop", line) }
            kind = name == "break" ? .exitLoop : .nextIteration
        case "include", "import", "from", "extends":
            throw syntax("'\(name)' needs other templates, of which a chat template has none", line)
        case _ where name.hasPrefix("end") || name == "else" || name == "elif":
            throw syntax("'\(name)' without the block that it belongs to", line)
        default: throw syntax("unknown block '\(name)'", line)
        }
        return TemplateStatement(kind: kind, line: line)
    }

    /// The body of a block that ends with `end` and its name.
    private mutating func closed(_ name: String, _ line: Int) throws -> [TemplateStatement] {
        let statements = try body(of: name, line, ends: ["end\(name)"])
        advance()
        return statements
    }

    private mutating func condition(_ line: Int) throws -> TemplateStatement.Kind {
        conditionDepth += 1
        defer { conditionDepth -= 1 }
        var branches: [(test: TemplateExpression, body: [TemplateStatement])] = []
        while true {
            let test = try tuple(allowsCondition: false)
            branches.append((test, try body(of: "if", line, ends: ["elif", "else", "endif"])))
            if skip(name: "elif") { continue }
            if skip(name: "else") {
                let otherwise = try closed("if", line)
                return .condition(branches, otherwise: otherwise)
            }
            advance()
            return .condition(branches, otherwise: [])
        }
    }

    private mutating func forLoop(_ line: Int) throws -> TemplateForLoop {
        let target = try target(ends: ["in"])
        try expect(name: "in")
        let iterable = try tuple(allowsCondition: false, ends: ["recursive"])
        let condition = skip(name: "if") ? try expression() : nil
        let isRecursive = skip(name: "recursive")
        loopDepth += 1
        let body = try body(of: "for", line, ends: ["endfor", "else"])
        loopDepth -= 1
        var otherwise: [TemplateStatement] = []
        if skip(name: "else") {
            otherwise = try closed("for", line)
        } else {
            advance()
        }
        return TemplateForLoop(
            target: target, iterable: iterable, condition: condition, isRecursive: isRecursive, body: body,
            otherwise: otherwise)
    }

    private mutating func assignment(_ line: Int) throws -> TemplateStatement.Kind {
        let target = try target(ends: [], allowsAttribute: true)
        if skip(symbol: "=") { return .assign(target, try tuple()) }
        let filter = try filters(nil, startsInline: false)
        return .assignBlock(target, filter: filter, body: try closed("set", line))
    }

    private mutating func with(_ line: Int) throws -> TemplateStatement.Kind {
        var assignments: [(target: TemplateTarget, value: TemplateExpression)] = []
        while current.kind != .blockEnd {
            if !assignments.isEmpty { try expect(symbol: ",") }
            let target = try target(ends: [])
            try expect(symbol: "=")
            assignments.append((target, try expression()))
        }
        return .with(assignments, body: try closed("with", line))
    }

    private mutating func macro(_ line: Int) throws -> TemplateMacro {
        let name = try anyName()
        let parameters = try signature()
        return try macro(name, parameters, closing: "macro", line)
    }

    private mutating func macro(
        _ name: String, _ parameters: [(name: String, fallback: TemplateExpression?)], closing: String, _ line: Int
    ) throws -> TemplateMacro {
        mentions.append([])
        // A loop around a macro is not one that the macro could leave.
        let outerLoops = loopDepth
        loopDepth = 0
        let body = try closed(closing, line)
        loopDepth = outerLoops
        let mentioned = mentions.removeLast()
        return TemplateMacro(name: name, parameters: parameters, body: body, mentions: mentioned)
    }

    private mutating func call(_ line: Int) throws -> TemplateStatement.Kind {
        let parameters = current.isSymbol("(") ? try signature() : []
        let call = try expression()
        guard case .call = call.kind else { throw syntax("block 'call' without a call", line) }
        return .call(call, caller: try macro("caller", parameters, closing: "call", line))
    }

    private mutating func signature() throws -> [(name: String, fallback: TemplateExpression?)] {
        var parameters: [(name: String, fallback: TemplateExpression?)] = []
        try expect(symbol: "(")
        while !current.isSymbol(")") {
            if !parameters.isEmpty { try expect(symbol: ",") }
            let line = current.line
            let name = try anyName()
            var fallback: TemplateExpression?
            if skip(symbol: "=") {
                fallback = try expression()
            } else if parameters.last?.fallback != nil {
                throw syntax("parameter '\(name)' without a default after one that has it", line)
            }
            parameters.append((name, fallback))
        }
        try expect(symbol: ")")
        return parameters
    }

    /// What an assignment or a loop sets: a name, names, or an attribute of a namespace.
    private mutating func target(ends: [String], allowsAttribute: Bool = false) throws -> TemplateTarget {
        var targets: [TemplateTarget] = []
        var isTuple = false
        while true {
            if case .name(let name) = current.kind, ends.contains(name) { break }
            if current.isSymbol(")") || current.kind == .blockEnd { break }
            targets.append(try nested { try $0.oneTarget(allowsAttribute: allowsAttribute) })
            guard skip(symbol: ",") else { break }
            isTuple = true
        }
        if isTuple { return .tuple(targets) }
        guard let only = targets.first else { throw unexpected("a name to assign to") }
        return only
    }

    private mutating func oneTarget(allowsAttribute: Bool) throws -> TemplateTarget {
        if skip(symbol: "(") {
            let inner = try target(ends: [], allowsAttribute: allowsAttribute)
            try expect(symbol: ")")
            return inner
        }
        let line = current.line
        let name = try anyName()
        if ["true", "false", "none", "True", "False", "None"].contains(name) {
            throw syntax("cannot assign to '\(name)'", line)
        }
        if allowsAttribute, skip(symbol: ".") { return .attribute(of: name, try anyName()) }
        return .name(name)
    }
}
