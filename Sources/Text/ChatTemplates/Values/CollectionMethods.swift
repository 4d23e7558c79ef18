/// The methods of dictionaries, lists and tuples. What would change one is refused: values are immutable here.
enum CollectionMethods {
    static func method(_ name: String, of dictionary: TemplateDictionary) throws -> TemplateValue? {
        func callable(_ call: @escaping (TemplateInterpreter, TemplateArguments) throws -> TemplateValue)
            -> TemplateValue
        {
            .callable(TemplateCallable(name: name, typeName: "builtin_function_or_method", call: call))
        }
        func view(_ kind: TemplateSequence.Kind, _ elements: @autoclosure @escaping () -> [TemplateValue])
            -> TemplateValue
        {
            callable { _, _ in .sequence(TemplateSequence(kind, elements())) }
        }
        switch name {
        case "items": return view(.items, dictionary.pairs)
        case "keys": return view(.keys, dictionary.keys)
        case "values": return view(.values, dictionary.values)
        case "copy": return callable { _, _ in .dictionary(dictionary) }
        case "get":
            return callable { _, arguments in
                guard arguments.named.isEmpty else { throw TemplateFailure("method 'get': arguments by name") }
                let given = try arguments.bind("method 'get'", ["key", "default"], required: 1)
                guard let key = given[0], key.isHashable else { throw TemplateFailure("method 'get': no key") }
                return dictionary.value(key) ?? given[1] ?? .none
            }
        case "clear", "pop", "popitem", "setdefault", "update": return refusal(name, "dict")
        default: return nil
        }
    }

    static func method(_ name: String, of sequence: TemplateSequence) throws -> TemplateValue? {
        if sequence.kind == .group {
            if name == "grouper" { return sequence.elements[0] }
            if name == "list" { return sequence.elements[1] }
        }
        guard sequence.isIndexable else { return nil }
        switch name {
        case "index":
            return .callable(
                TemplateCallable(name: name, typeName: "builtin_function_or_method") { _, arguments in
                    let wanted = try arguments.bind("method 'index'", ["value"], required: 1)[0] ?? .none
                    guard let place = sequence.elements.firstIndex(where: { $0.isEqual(to: wanted) }) else {
                        throw TemplateFailure("method 'index': the value is not in the list")
                    }
                    return .integer(place)
                })
        case "count":
            return .callable(
                TemplateCallable(name: name, typeName: "builtin_function_or_method") { _, arguments in
                    let wanted = try arguments.bind("method 'count'", ["value"], required: 1)[0] ?? .none
                    return .integer(sequence.elements.count { $0.isEqual(to: wanted) })
                })
        case "copy" where sequence.kind == .list:
            return .callable(TemplateCallable(name: name) { _, _ in .sequence(sequence) })
        case "append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort":
            return sequence.kind == .list ? refusal(name, "list") : nil
        default: return nil
        }
    }

    private static func refusal(_ name: String, _ type: String) -> TemplateValue {
        .undefined("method '\(name)' of a \(type) would change it, which a chat template must not")
    }
}
