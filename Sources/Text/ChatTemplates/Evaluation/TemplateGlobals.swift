/// The functions that every template can call.
enum TemplateGlobals {
    static var all: [String: TemplateCallable] {
        [
            "range": TemplateCallable(name: "range", call: range),
            "dict": TemplateCallable(name: "dict", call: dictionary),
            "namespace": TemplateCallable(name: "namespace") { interpreter, arguments in
                guard case .dictionary(let members) = try dictionary(interpreter, arguments) else { return .none }
                let namespace = TemplateNamespace(members)
                interpreter.namespaces.append(namespace)
                return .namespace(namespace)
            },
            "cycler": TemplateCallable(name: "cycler", call: cycler),
            "joiner": TemplateCallable(name: "joiner", call: joiner),
            "raise_exception": TemplateCallable(name: "raise_exception") { _, arguments in
                let message = try arguments.bind("raise_exception", ["message"], required: 1)[0] ?? .none
                throw TemplateFailure(message.asText.string, kind: .raised)
            },
            "strftime_now": TemplateCallable(name: "strftime_now") { interpreter, arguments in
                let format = try arguments.bind("strftime_now", ["format"], required: 1)[0] ?? .none
                return .text(
                    try Strftime.text(try format.text("strftime_now").string, at: interpreter.now))
            },
        ]
    }

    private static func range(_ interpreter: TemplateInterpreter, _ arguments: TemplateArguments) throws
        -> TemplateValue
    {
        guard (1...3).contains(arguments.positional.count), arguments.named.isEmpty else {
            throw TemplateFailure("range: expected one to three numbers")
        }
        let numbers = try arguments.positional.map { try $0.integer("range") }
        let start = numbers.count > 1 ? numbers[0] : 0
        let stop = numbers.count > 1 ? numbers[1] : numbers[0]
        let step = numbers.count > 2 ? numbers[2] : 1
        guard step != 0 else { throw TemplateFailure("range: the step is 0") }
        let span = step > 0 ? stop.subtractingReportingOverflow(start) : start.subtractingReportingOverflow(stop)
        let count = span.overflow ? Int.max : max(0, span.partialValue) / max(1, Int(clamping: step.magnitude))
        guard count <= TemplateBudget.maximumRange else {
            throw TemplateFailure("range: more than \(TemplateBudget.maximumRange) elements", kind: .limit)
        }
        let elements = stride(from: start, to: stop, by: step).map(TemplateValue.integer)
        try interpreter.budget.make(elements.count)
        return .sequence(TemplateSequence(.range, elements))
    }

    private static func dictionary(_: TemplateInterpreter, _ arguments: TemplateArguments) throws -> TemplateValue {
        var dictionary = TemplateDictionary()
        if let first = arguments.positional.first {
            if case .dictionary(let given) = first {
                dictionary = given
            } else {
                for pair in try first.elements(of: "dict") {
                    let parts = try pair.elements(of: "dict")
                    guard parts.count == 2, parts[0].isHashable else {
                        throw TemplateFailure("dict: an element is no pair of a key and a value")
                    }
                    dictionary.set(parts[0], parts[1])
                }
            }
        }
        for (name, value) in arguments.named { dictionary.set(name, value) }
        return .dictionary(dictionary)
    }

    private static func cycler(_: TemplateInterpreter, _ arguments: TemplateArguments) throws -> TemplateValue {
        let items = arguments.positional
        guard !items.isEmpty else { throw TemplateFailure("cycler: nothing to cycle through") }
        let state = TemplateNamespace(TemplateDictionary())
        state.attributes.set("place", .integer(0))
        state.attributes.set("current", items[0])
        func move(to place: Int) {
            state.attributes.set("place", .integer(place))
            state.attributes.set("current", items[place])
        }
        let next = TemplateCallable(name: "next") { _, _ in
            let place = state.attributes.value("place")?.integerValue ?? 0
            move(to: (place + 1) % items.count)
            return items[place]
        }
        let reset = TemplateCallable(name: "reset") { _, _ in
            move(to: 0)
            return .none
        }
        state.attributes.set("next", .callable(next))
        state.attributes.set("reset", .callable(reset))
        return .namespace(state)
    }

    private static func joiner(_: TemplateInterpreter, _ arguments: TemplateArguments) throws -> TemplateValue {
        let separator = try arguments.bind("joiner", ["sep"])[0] ?? .text(", ")
        let used = TemplateNamespace(TemplateDictionary())
        return .callable(
            TemplateCallable(name: "joiner") { _, _ in
                if used.attributes.isEmpty {
                    used.attributes.set("used", .boolean(true))
                    return .text("")
                }
                return separator
            })
    }
}
