/// A statement of a template and the line on which it begins.
struct TemplateStatement: Sendable {
    indirect enum Kind: Sendable {
        case data(TemplateText)
        case output(TemplateExpression)
        case condition([(test: TemplateExpression, body: [TemplateStatement])], otherwise: [TemplateStatement])
        case loop(TemplateForLoop)
        case assign(TemplateTarget, TemplateExpression)
        case assignBlock(TemplateTarget, filter: TemplateExpression?, body: [TemplateStatement])
        case with([(target: TemplateTarget, value: TemplateExpression)], body: [TemplateStatement])
        case macro(TemplateMacro)
        /// `{% call(x) f() %}`: the body is the macro `caller`.
        case call(TemplateExpression, caller: TemplateMacro)
        case filter(TemplateExpression, body: [TemplateStatement])
        /// A block with variables of its own.
        case scope([TemplateStatement])
        /// `{% generation %}`: what the model itself says.
        case generation([TemplateStatement])
        case exitLoop
        case nextIteration
    }

    var kind: Kind
    var line: Int
}

/// What an assignment sets.
indirect enum TemplateTarget: Sendable {
    case name(String)
    case attribute(of: String, String)
    case tuple([TemplateTarget])
}

/// `{% for target in iterable if condition recursive %}`.
struct TemplateForLoop: Sendable {
    var target: TemplateTarget
    var iterable: TemplateExpression
    var condition: TemplateExpression?
    var isRecursive: Bool
    var body: [TemplateStatement]
    var otherwise: [TemplateStatement]
}

/// `{% macro name(parameters) %}`.
struct TemplateMacro: Sendable {
    var name: String
    var parameters: [(name: String, fallback: TemplateExpression?)]
    var body: [TemplateStatement]
    /// Which of `varargs`, `kwargs` and `caller` the body mentions; a macro takes only what it mentions.
    var mentions: Set<String>
}
