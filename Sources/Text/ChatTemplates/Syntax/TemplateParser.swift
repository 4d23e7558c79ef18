/// Builds statements and expressions from tokens, with Jinja's grammar and precedence.
struct TemplateParser {
    private let tokens: [TemplateToken]
    private var position = 0
    private var depth = 0
    /// The names that each macro around the position has mentioned so far.
    var mentions: [Set<String>] = []
    var loopDepth = 0
    /// Above zero where an unknown filter or test is an error only once it is reached: inside conditions.
    var conditionDepth = 0
    /// Unknown filters and tests met so far outside of conditions.
    var unknown: [ChatTemplateError] = []

    /// How deeply blocks and expressions may nest, links of a chain (`a + b + c`, `a.b.c`) counted: what is parsed is
    /// evaluated and released by recursion.
    static let maximumDepth = 200

    /// - Throws: ``ChatTemplateError/syntax(line:_:)``.
    static func statements(of source: String) throws -> [TemplateStatement] {
        var parser = TemplateParser(tokens: try TemplateLexer.tokens(of: source))
        let statements = try parser.statements(until: [])
        if let error = parser.unknown.first { throw error }
        return statements
    }

    private init(tokens: [TemplateToken]) { self.tokens = tokens }

    var current: TemplateToken { tokens[position] }
    var next: TemplateToken { tokens[min(position + 1, tokens.count - 1)] }

    @discardableResult
    mutating func advance() -> TemplateToken {
        defer { if position < tokens.count - 1 { position += 1 } }
        return tokens[position]
    }

    mutating func skip(symbol: String) -> Bool {
        guard current.isSymbol(symbol) else { return false }
        advance()
        return true
    }

    mutating func skip(name: String) -> Bool {
        guard current.isName(name) else { return false }
        advance()
        return true
    }

    mutating func expect(symbol: String) throws {
        guard skip(symbol: symbol) else { throw unexpected("'\(symbol)'") }
    }

    mutating func expect(name: String) throws {
        guard skip(name: name) else { throw unexpected("'\(name)'") }
    }

    mutating func expect(_ kind: TemplateToken.Kind, _ name: String) throws {
        guard current.kind == kind else { throw unexpected(name) }
        advance()
    }

    mutating func anyName() throws -> String {
        guard case .name(let name) = current.kind else { throw unexpected("a name") }
        advance()
        return name
    }

    func unexpected(_ expected: String) -> ChatTemplateError {
        .syntax(line: current.line, "\(current.description), expected \(expected)")
    }

    func syntax(_ text: String, _ line: Int? = nil) -> ChatTemplateError {
        .syntax(line: line ?? current.line, text)
    }

    /// Parses something that nests, within bounds.
    mutating func nested<Result>(_ body: (inout TemplateParser) throws -> Result) throws -> Result {
        let outer = depth
        defer { depth = outer }
        try link()
        return try body(&self)
    }

    /// One more link of a chain; the depth that it adds lasts until the construct around the chain ends.
    mutating func link() throws {
        depth += 1
        if depth > TemplateParser.maximumDepth {
            throw syntax("nested deeper than \(TemplateParser.maximumDepth) levels")
        }
    }

    /// Statements up to one of these tags, which is left standing after its `{%`.
    mutating func statements(until ends: [String], opening: (name: String, line: Int)? = nil) throws
        -> [TemplateStatement]
    {
        var statements: [TemplateStatement] = []
        while true {
            let line = current.line
            switch current.kind {
            case .data(let text):
                statements.append(TemplateStatement(kind: .data(TemplateText(text)), line: line))
                advance()
            case .variableBegin:
                advance()
                statements.append(TemplateStatement(kind: .output(try tuple()), line: line))
                try expect(.variableEnd, "'}}'")
            case .blockBegin:
                advance()
                if case .name(let name) = current.kind, ends.contains(name) { return statements }
                statements.append(try nested { try $0.statement() })
                try expect(.blockEnd, "'%}'")
            default:
                if let opening {
                    throw syntax(
                        "block '\(opening.name)' does not end, expected '\(ends.joined(separator: "' or '"))'",
                        opening.line)
                }
                return statements
            }
        }
    }

    /// The body of a block, from the end of its opening tag through its closing name.
    mutating func body(of name: String, _ line: Int, ends: [String]) throws -> [TemplateStatement] {
        _ = skip(symbol: ":")
        try expect(.blockEnd, "'%}'")
        return try statements(until: ends, opening: (name, line))
    }
}
