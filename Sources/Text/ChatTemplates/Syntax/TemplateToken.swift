/// One token of a template and the line on which it begins.
struct TemplateToken: Sendable {
    enum Kind: Sendable, Equatable {
        /// Text between tags.
        case data(String)
        case variableBegin, variableEnd, blockBegin, blockEnd
        case name(String)
        case string(String)
        case integer(Int)
        case float(Double)
        /// An operator or a bracket, as it is written.
        case symbol(String)
        case end
    }

    var kind: Kind
    var line: Int

    func isName(_ name: String) -> Bool { kind == .name(name) }
    func isSymbol(_ symbol: String) -> Bool { kind == .symbol(symbol) }

    /// What this is, for messages.
    var description: String {
        switch kind {
        case .data: "text"
        case .variableBegin: "'{{'"
        case .variableEnd: "'}}'"
        case .blockBegin: "'{%'"
        case .blockEnd: "'%}'"
        case .name(let name): "'\(name)'"
        case .string: "a string"
        case .integer(let value): "'\(value)'"
        case .float(let value): "'\(value)'"
        case .symbol(let symbol): "'\(symbol)'"
        case .end: "the end of the template"
        }
    }
}
