/// A list, a tuple, or something of Python's that has a length and can be walked many times.
struct TemplateSequence {
    enum Kind: String {
        case list, tuple, range
        case keys = "dict_keys"
        case values = "dict_values"
        case items = "dict_items"
        /// A pair of `groupby`, whose elements have names.
        case group = "_GroupTuple"
    }

    var kind: Kind
    var elements: [TemplateValue]
    /// The message that the whole came from.
    var origin: Int32 = TemplateText.noOrigin

    init(_ kind: Kind, _ elements: [TemplateValue], origin: Int32 = TemplateText.noOrigin) {
        self.kind = kind
        self.elements = elements
        self.origin = origin
    }

    /// Whether elements can be asked for by their place.
    var isIndexable: Bool {
        switch kind {
        case .list, .tuple, .range, .group: true
        case .keys, .values, .items: false
        }
    }

    /// Whether this is a tuple to comparisons.
    var isTuple: Bool { kind == .tuple || kind == .group }
}

/// What a generator gave: values that can be walked once.
final class TemplateIterator {
    private var rest: ArraySlice<TemplateValue>
    let typeName: String

    init(_ elements: [TemplateValue], typeName: String = "generator") {
        rest = elements[...]
        self.typeName = typeName
    }

    func next() -> TemplateValue? { rest.popFirst() }

    func takeAll() -> [TemplateValue] {
        defer { rest = [] }
        return Array(rest)
    }
}

/// The one thing in a template that can be changed: `namespace()`.
final class TemplateNamespace {
    var attributes: TemplateDictionary

    init(_ attributes: TemplateDictionary) { self.attributes = attributes }
}

/// Something that can be called: a macro, a global function, a method of a value.
struct TemplateCallable {
    var name: String
    var typeName = "function"
    /// Values that hang on it, such as a cycler's `next`.
    var attributes: [String: TemplateValue] = [:]
    var call: (TemplateInterpreter, TemplateArguments) throws -> TemplateValue
}
