import PlainText

/// Evaluates a parsed template once: holds the output, the line for messages, and the budget.
final class TemplateInterpreter {
    let now: LocalTime
    var budget: TemplateBudget
    var line = 1
    var output: [TaggedScalar] = []
    /// Where `{% generation %}` blocks begin and end in the output that is being written.
    var generated: [Range<Int>] = []
    /// Above zero while a block's output is captured instead of printed.
    private var captureDepth = 0
    /// Scopes that hold macros; they are emptied in the end, since a macro holds its scope in turn.
    var scopesWithMacros: [TemplateScope] = []

    enum Flow { case normal, exitLoop, nextIteration }

    init(now: LocalTime, inputLength: Int) {
        self.now = now
        budget = TemplateBudget(inputLength: inputLength)
    }

    /// Every namespace that was made; emptied in the end, since they may hold each other in rings and long chains.
    var namespaces: [TemplateNamespace] = []

    deinit {
        for scope in scopesWithMacros { scope.clear() }
        for namespace in namespaces { namespace.attributes = TemplateDictionary() }
    }

    /// Renders statements with these variables; the result is in ``output``.
    ///
    /// - Throws: ``ChatTemplateError`` with the line that failed.
    func render(_ statements: [TemplateStatement], variables: [String: TemplateValue]) throws {
        let globals = TemplateScope()
        for (name, value) in TemplateGlobals.all { globals.set(name, .callable(value)) }
        for (name, value) in variables { globals.set(name, value) }
        do {
            _ = try execute(statements, TemplateScope(parent: globals))
        } catch let failure as TemplateFailure {
            switch failure.kind {
            case .evaluation: throw ChatTemplateError.evaluation(line: line, failure.message)
            case .raised: throw ChatTemplateError.raised(line: line, failure.message)
            case .limit: throw ChatTemplateError.limit(line: line, failure.message)
            }
        }
    }

    func print(_ text: TemplateText) throws {
        try budget.make(text.count)
        output += text.elements
    }

    /// What a body prints, as a value.
    func capture(_ body: () throws -> Void) throws -> TemplateText {
        let outer = output
        output = []
        captureDepth += 1
        defer {
            output = outer
            captureDepth -= 1
        }
        try body()
        return TemplateText(output)
    }

    func markGenerated(from start: Int) {
        if captureDepth == 0, output.count > start { generated.append(start..<output.count) }
    }
}
