extension TemplateInterpreter {
    func execute(_ statements: [TemplateStatement], _ scope: TemplateScope) throws -> Flow {
        for statement in statements {
            let flow = try execute(statement, scope)
            if flow != .normal { return flow }
        }
        return .normal
    }

    private func execute(_ statement: TemplateStatement, _ scope: TemplateScope) throws -> Flow {
        line = statement.line
        try budget.step()
        switch statement.kind {
        case .data(let text): try print(text)
        case .output(let expression): try print(try evaluate(expression, scope).asText)
        case .condition(let branches, let otherwise):
            for (test, body) in branches where try evaluate(test, scope).isTrue {
                return try nested { try execute(body, scope) }
            }
            return try nested { try execute(otherwise, scope) }
        case .loop(let loop): return try nested { try run(loop, scope, statement.line) }
        case .assign(let target, let value): try assign(try evaluate(value, scope), to: target, scope)
        case .assignBlock(let target, let filter, let body):
            try nested {
                var value = TemplateValue.text(try captured(body, scope))
                if let filter { value = try applyFilters(filter, to: value, scope) }
                try assign(value, to: target, scope)
            }
        case .with(let assignments, let body):
            let inner = TemplateScope(parent: scope)
            for (target, value) in assignments { try assign(try evaluate(value, scope), to: target, inner) }
            return try nested { try execute(body, inner) }
        case .macro(let macro):
            scope.set(macro.name, .callable(makeMacro(macro, scope)))
            scopesWithMacros.append(scope)
        case .call(let call, let caller):
            try nested {
                let caller = TemplateValue.callable(makeMacro(caller, scope))
                try print(try evaluateCall(call, scope, caller: caller).asText)
            }
        case .filter(let filter, let body):
            try nested {
                try print(try applyFilters(filter, to: .text(try captured(body, scope)), scope).asText)
            }
        case .scope(let body): return try nested { try execute(body, TemplateScope(parent: scope)) }
        case .generation(let body):
            let start = output.count
            _ = try nested { try execute(body, TemplateScope(parent: scope)) }
            markGenerated(from: start)
        case .exitLoop: return .exitLoop
        case .nextIteration: return .nextIteration
        }
        return .normal
    }

    func nested<Result>(_ body: () throws -> Result) throws -> Result {
        try budget.enter()
        defer { budget.leave() }
        return try body()
    }

    private func captured(_ body: [TemplateStatement], _ scope: TemplateScope) throws -> TemplateText {
        try capture { _ = try execute(body, TemplateScope(parent: scope)) }
    }

    func assign(_ value: TemplateValue, to target: TemplateTarget, _ scope: TemplateScope) throws {
        switch target {
        case .name(let name): scope.set(name, value)
        case .attribute(let name, let attribute):
            guard case .namespace(let namespace)? = scope.value(name) else {
                throw TemplateFailure("assignment to '\(name).\(attribute)': '\(name)' is no namespace")
            }
            namespace.attributes.set(attribute, value)
        case .tuple(let targets):
            let elements = try value.elements(of: "assignment to several names")
            guard elements.count == targets.count else {
                throw TemplateFailure(
                    "assignment to several names: \(elements.count) values, expected \(targets.count)")
            }
            for (target, element) in zip(targets, elements) { try assign(element, to: target, scope) }
        }
    }

    private func run(_ loop: TemplateForLoop, _ scope: TemplateScope, _ line: Int) throws -> Flow {
        try iterate(loop, over: try evaluate(loop.iterable, scope), scope, depth: 0, line)
        return .normal
    }

    private func iterate(
        _ loop: TemplateForLoop, over iterable: TemplateValue, _ scope: TemplateScope, depth: Int, _ line: Int
    ) throws {
        self.line = line
        var items = try iterable.elements(of: "block 'for'")
        if let condition = loop.condition {
            items = try items.filter { item in
                try budget.step()
                let inner = TemplateScope(parent: scope)
                try assign(item, to: loop.target, inner)
                return try evaluate(condition, inner).isTrue
            }
        }
        if items.isEmpty {
            _ = try execute(loop.otherwise, TemplateScope(parent: scope))
            return
        }
        let recurse: ((TemplateInterpreter, TemplateValue) throws -> TemplateValue)? =
            loop.isRecursive
            ? { interpreter, value in
                try interpreter.nested {
                    .text(
                        try interpreter.capture {
                            try interpreter.iterate(loop, over: value, scope, depth: depth + 1, line)
                        })
                }
            } : nil
        let state = TemplateLoop(items: items, depth: depth, recurse: recurse)
        for (index, item) in items.enumerated() {
            try budget.step()
            state.index = index
            let inner = TemplateScope(parent: scope)
            inner.set("loop", .loop(state))
            try assign(item, to: loop.target, inner)
            if try execute(loop.body, inner) == .exitLoop { break }
        }
    }

    func makeMacro(_ macro: TemplateMacro, _ scope: TemplateScope) -> TemplateCallable {
        TemplateCallable(name: macro.name, typeName: "Macro") { interpreter, arguments in
            let caller = arguments.named("caller")
            var arguments = arguments
            arguments.named.removeAll { $0.name == "caller" && !macro.parameters.contains { $0.name == "caller" } }
            return try interpreter.nested {
                let inner = TemplateScope(parent: scope)
                try interpreter.bind(arguments, caller: caller, of: macro, inner)
                return .text(try interpreter.capture { _ = try interpreter.execute(macro.body, inner) })
            }
        }
    }

    private func bind(
        _ arguments: TemplateArguments, caller: TemplateValue?, of macro: TemplateMacro, _ scope: TemplateScope
    ) throws {
        let construct = "macro '\(macro.name)'"
        let count = macro.parameters.count
        let extra = Array(arguments.positional.dropFirst(count))
        if !extra.isEmpty, !macro.mentions.contains("varargs") {
            throw TemplateFailure("\(construct): \(arguments.positional.count) arguments, expected at most \(count)")
        }
        var others = TemplateDictionary()
        for (name, value) in arguments.named where !macro.parameters.contains(where: { $0.name == name }) {
            guard macro.mentions.contains("kwargs") else {
                throw TemplateFailure("\(construct): unknown argument '\(name)'")
            }
            others.set(name, value)
        }
        if macro.mentions.contains("varargs") { scope.set("varargs", .tuple(extra)) }
        if macro.mentions.contains("kwargs") { scope.set("kwargs", .dictionary(others)) }
        if macro.mentions.contains("caller") || caller != nil {
            guard macro.mentions.contains("caller") else {
                throw TemplateFailure("\(construct): it takes no block, since it has no 'caller'")
            }
            scope.set("caller", caller ?? .undefined("no caller defined"))
        }
        for (place, parameter) in macro.parameters.enumerated() {
            if place < arguments.positional.count {
                if arguments.named(parameter.name) != nil {
                    throw TemplateFailure("\(construct): argument '\(parameter.name)' is given twice")
                }
                scope.set(parameter.name, arguments.positional[place])
            } else if let value = arguments.named(parameter.name) {
                scope.set(parameter.name, value)
            } else if let fallback = parameter.fallback {
                scope.set(parameter.name, try evaluate(fallback, scope))
            } else {
                scope.set(parameter.name, .undefined("parameter '\(parameter.name)' was not provided"))
            }
        }
    }
}
