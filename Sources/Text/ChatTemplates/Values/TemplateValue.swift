import JSON

/// A value as a template sees it: one of Python's types, or one of Jinja's objects.
enum TemplateValue {
    case undefined(TemplateUndefined)
    case none
    case boolean(Bool)
    case integer(Int)
    case float(Double)
    /// A number of the input that is printed as it was written, such as an integer of more than 64 bits.
    case decimal(JSONDecimal)
    case text(TemplateText)
    case sequence(TemplateSequence)
    case dictionary(TemplateDictionary)
    case iterator(TemplateIterator)
    case namespace(TemplateNamespace)
    case loop(TemplateLoop)
    case callable(TemplateCallable)

    static func text(_ string: String) -> TemplateValue { .text(TemplateText(string)) }
    static func list(_ elements: [TemplateValue]) -> TemplateValue {
        .sequence(TemplateSequence(.list, elements))
    }
    static func tuple(_ elements: [TemplateValue]) -> TemplateValue {
        .sequence(TemplateSequence(.tuple, elements))
    }
    static func undefined(_ message: String) -> TemplateValue { .undefined(TemplateUndefined(message: message)) }

    /// Python's name of the type.
    var typeName: String {
        switch self {
        case .undefined: "Undefined"
        case .none: "NoneType"
        case .boolean: "bool"
        case .integer: "int"
        case .float: "float"
        case .decimal(let value): value.isIntegral ? "int" : "float"
        case .text(let text): text.isMarkup ? "Markup" : "str"
        case .sequence(let sequence): sequence.kind.rawValue
        case .dictionary: "dict"
        case .iterator(let iterator): iterator.typeName
        case .namespace: "Namespace"
        case .loop: "LoopContext"
        case .callable(let callable): callable.typeName
        }
    }

    /// What Jinja calls a value of this type in a message.
    var objectName: String {
        switch self {
        case .none: "None"
        case .namespace: "jinja2.utils.Namespace object"
        case .loop: "jinja2.runtime.LoopContext object"
        default: "\(typeName) object"
        }
    }

    /// Python's `bool(value)`.
    var isTrue: Bool {
        switch self {
        case .undefined, .none: false
        case .boolean(let value): value
        case .integer(let value): value != 0
        case .float(let value): value != 0
        case .decimal(let value): value.doubleValue != 0
        case .text(let text): !text.isEmpty
        case .sequence(let sequence): !sequence.elements.isEmpty
        case .dictionary(let dictionary): !dictionary.isEmpty
        case .loop(let loop): loop.items.count > 0
        case .iterator, .namespace, .callable: true
        }
    }

    /// The number that this is to arithmetic: booleans count as 0 and 1.
    var integerValue: Int? {
        switch self {
        case .integer(let value): value
        case .boolean(let value): value ? 1 : 0
        default: nil
        }
    }

    var doubleValue: Double? {
        if case .float(let value) = self { return value }
        if case .decimal(let value) = self { return value.doubleValue ?? (value.isNegative ? -.infinity : .infinity) }
        return integerValue.map(Double.init)
    }

    var isUndefined: Bool { if case .undefined = self { true } else { false } }
    var isNone: Bool { if case .none = self { true } else { false } }
    var textValue: TemplateText? { if case .text(let text) = self { text } else { nil } }

    /// The one message that this value and all in it came from, or ``TemplateText/noOrigin``.
    var origin: Int32 {
        switch self {
        case .text(let text): text.commonOrigin
        case .sequence(let sequence): sequence.origin
        case .dictionary(let dictionary): dictionary.origin
        default: TemplateText.noOrigin
        }
    }
}

/// What stands where a name or an attribute has no value; using it for more than printing and testing fails.
struct TemplateUndefined {
    var message: String
}

/// A failure while a template is evaluated; the interpreter adds the line.
struct TemplateFailure: Error {
    enum Kind { case evaluation, raised, limit }
    var kind = Kind.evaluation
    var message: String

    init(_ message: String, kind: Kind = .evaluation) {
        self.message = message
        self.kind = kind
    }
}
