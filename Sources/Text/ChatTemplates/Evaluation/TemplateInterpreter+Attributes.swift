/// `value.name` and `value[key]`, which fall back on each other: a dot looks for methods first, brackets for keys.
extension TemplateInterpreter {
    func attribute(_ name: String, of value: TemplateValue) throws -> TemplateValue {
        if let method = try method(name, of: value) { return method }
        switch value {
        case .undefined(let undefined): throw TemplateFailure("attribute '\(name)': \(undefined.message)")
        case .dictionary(let dictionary):
            if let found = dictionary.value(name) { return found }
        default: break
        }
        return missing(name, of: value)
    }

    func item(_ key: TemplateValue, of value: TemplateValue) throws -> TemplateValue {
        switch value {
        case .undefined(let undefined): throw TemplateFailure("[…]: \(undefined.message)")
        case .dictionary(let dictionary):
            if key.isHashable, let found = dictionary.value(key) { return found }
        case .text(let text):
            if let place = key.integerValue.map({ $0 < 0 ? $0 + text.count : $0 }),
                text.elements.indices.contains(place)
            {
                return .text(TemplateText([text.elements[place]]).marked(text.isMarkup))
            }
        case .sequence(let sequence) where sequence.isIndexable:
            let count = sequence.elements.count
            if let place = key.integerValue.map({ $0 < 0 ? $0 + count : $0 }), (0..<count).contains(place) {
                return sequence.elements[place]
            }
        default: break
        }
        if case .text(let name) = key {
            if let method = try method(name.string, of: value) { return method }
            return missing(name.string, of: value)
        }
        return .undefined("\(value.objectName) has no element \(key.representation.string)")
    }

    private func missing(_ name: String, of value: TemplateValue) -> TemplateValue {
        .undefined("'\(value.objectName)' has no attribute '\(name)'")
    }

    /// What a value offers under a name by its type: methods, and the attributes of Jinja's own objects.
    private func method(_ name: String, of value: TemplateValue) throws -> TemplateValue? {
        switch value {
        case .text(let text): return TextMethods.method(name, of: text).map(TemplateValue.callable)
        case .dictionary(let dictionary): return try CollectionMethods.method(name, of: dictionary)
        case .sequence(let sequence): return try CollectionMethods.method(name, of: sequence)
        case .namespace(let namespace): return namespace.attributes.value(name)
        case .loop(let loop): return loop.attribute(name)
        case .callable(let callable):
            return name == "name" ? .text(callable.name) : callable.attributes[name]
        default: return nil
        }
    }
}
