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

    let kind: Kind
    let elements: [TemplateValue]
    /// The message that the whole came from.
    let origin: Int32
    /// How many levels of lists and dictionaries this is, and how much it holds in all.
    let depth: Int
    let weight: Int

    init(_ kind: Kind, _ elements: [TemplateValue], origin: Int32 = TemplateText.noOrigin) {
        self.kind = kind
        self.elements = elements
        self.origin = origin
        (depth, weight) = elements.measure()
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
    let depth: Int
    let weight: Int

    init(_ elements: [TemplateValue], typeName: String = "generator") {
        rest = elements[...]
        (depth, weight) = elements.measure()
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

extension [TemplateValue] {
    /// One level more than the deepest element, and one more than all of them hold.
    func measure() -> (depth: Int, weight: Int) {
        var depth = 0
        var weight = 1
        for element in self {
            depth = Swift.max(depth, element.depth)
            weight = weight.addingReportingOverflow(element.weight).partialValue
            // A sum of values that are each bounded; only a sum of very many could wrap.
            if weight < 0 { weight = Int.max / 2 }
        }
        return (depth + 1, weight)
    }
}

extension TemplateValue {
    /// How many levels of lists and dictionaries this is; 0 for anything else.
    var depth: Int {
        switch self {
        case .sequence(let sequence): sequence.depth
        case .dictionary(let dictionary): dictionary.depth
        case .iterator(let iterator): iterator.depth
        default: 0
        }
    }

    /// How many characters and elements this holds; what it holds twice counts twice.
    var weight: Int {
        switch self {
        case .text(let text): text.count + 1
        case .sequence(let sequence): sequence.weight
        case .dictionary(let dictionary): dictionary.weight
        case .iterator(let iterator): iterator.weight
        default: 1
        }
    }
}
