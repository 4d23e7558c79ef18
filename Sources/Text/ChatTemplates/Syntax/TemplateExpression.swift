/// An expression of a template and the line on which it stands.
struct TemplateExpression: Sendable {
    indirect enum Kind: Sendable {
        case none
        case boolean(Bool)
        case integer(Int)
        case float(Double)
        case text(TemplateText)
        case name(String)
        case list([TemplateExpression])
        case tuple([TemplateExpression])
        case dictionary([(key: TemplateExpression, value: TemplateExpression)])
        case attribute(TemplateExpression, String)
        case item(TemplateExpression, TemplateExpression)
        case slice(TemplateExpression, TemplateSlice)
        case call(TemplateExpression, TemplateCallArguments)
        /// The value is nil where the filter begins a `filter` block or a block assignment.
        case filter(TemplateExpression?, String, TemplateCallArguments)
        case test(TemplateExpression, String, TemplateCallArguments)
        case not(TemplateExpression)
        case negate(TemplateExpression)
        case plus(TemplateExpression)
        case and(TemplateExpression, TemplateExpression)
        case or(TemplateExpression, TemplateExpression)
        case binary(String, TemplateExpression, TemplateExpression)
        case concatenate([TemplateExpression])
        case compare(TemplateExpression, [(symbol: String, operand: TemplateExpression)])
        case conditional(test: TemplateExpression, then: TemplateExpression, otherwise: TemplateExpression?)
    }

    var kind: Kind
    var line: Int
}

/// The three parts of `[start:stop:step]`.
struct TemplateSlice: Sendable {
    var start: TemplateExpression?
    var stop: TemplateExpression?
    var step: TemplateExpression?
}

/// The arguments of a call as they are written.
struct TemplateCallArguments: Sendable {
    var positional: [TemplateExpression] = []
    var named: [(name: String, value: TemplateExpression)] = []
    /// `*expression` and `**expression`.
    var unpackedList: TemplateExpression?
    var unpackedDictionary: TemplateExpression?
}
