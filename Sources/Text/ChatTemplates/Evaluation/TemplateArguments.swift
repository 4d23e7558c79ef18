/// The arguments of one call, by place and by name.
struct TemplateArguments {
    var positional: [TemplateValue] = []
    var named: [(name: String, value: TemplateValue)] = []

    /// The arguments in the order of the parameters; nil where one was not given.
    ///
    /// - Parameter required: how many of the first parameters must be given.
    func bind(_ construct: String, _ parameters: [String], required: Int = 0) throws -> [TemplateValue?] {
        guard positional.count <= parameters.count else {
            throw TemplateFailure(
                "\(construct): \(positional.count) arguments, expected at most \(parameters.count)")
        }
        var bound: [TemplateValue?] = positional
        bound += Array(repeating: nil, count: parameters.count - positional.count)
        for (name, value) in named {
            guard let place = parameters.firstIndex(of: name) else {
                throw TemplateFailure("\(construct): unknown argument '\(name)'")
            }
            guard bound[place] == nil else {
                throw TemplateFailure("\(construct): argument '\(name)' is given twice")
            }
            bound[place] = value
        }
        for place in 0..<required where bound[place] == nil {
            throw TemplateFailure("\(construct): argument '\(parameters[place])' is missing")
        }
        return bound
    }

    func named(_ name: String) -> TemplateValue? { named.first { $0.name == name }?.value }
}

extension TemplateValue {
    /// This argument as an integer.
    func integer(_ construct: String) throws -> Int {
        if let value = integerValue { return value }
        throw TemplateFailure("\(construct): \(typeName), expected an integer")
    }

    /// This argument as a text.
    func text(_ construct: String) throws -> TemplateText {
        if case .text(let text) = self { return text }
        if case .undefined(let undefined) = self { throw TemplateFailure("\(construct): \(undefined.message)") }
        throw TemplateFailure("\(construct): \(typeName), expected a text")
    }
}
