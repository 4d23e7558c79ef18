public import JSON
public import PlainText

/// The text that a model reads for a conversation: the Jinja template that its author wrote.
///
/// Rendering follows Jinja 3.1 as the field runs it: an immutable sandbox, `trim_blocks`, `lstrip_blocks`, loop
/// controls, the `generation` block, `tojson` as Python's `json.dumps`, `strftime_now` and `raise_exception`.
/// Time, memory and nesting are bounded, since a template comes with a model that somebody downloaded.
public struct ChatTemplate: Sendable {
    /// The template as it was written.
    public let source: String
    private let statements: [TemplateStatement]
    let found = FoundTemplateInput()

    /// Whether the template may print the date, so that its text depends on the moment of rendering.
    public var tellsTime: Bool { source.contains("strftime_now") }

    /// Parses a template.
    ///
    /// - Throws: ``ChatTemplateError/syntax(line:_:)``, which names the construct and its line.
    public init(source: String) throws {
        self.source = source
        statements = try TemplateParser.statements(of: source)
    }

    /// Renders a conversation.
    ///
    /// - Parameters:
    ///   - messages: the messages, each an object as the OpenAI shape has it; keys keep their order.
    ///   - tools: the tools that may be called; nil is `none` to the template.
    ///   - variables: what else the template may ask for: `bos_token`, `eos_token`, `enable_thinking`, …
    ///   - now: what `strftime_now` tells; nothing else depends on it.
    /// - Throws: ``ChatTemplateError``.
    public func render(
        messages: [JSONValue], tools: [JSONValue]? = nil, addGenerationPrompt: Bool,
        variables: [String: JSONValue] = [:], now: LocalTime
    ) throws -> RenderedConversation {
        var values: [String: TemplateValue] = [:]
        values["messages"] = .list(messages.enumerated().map { TemplateValue(message: $1, index: $0) })
        values["tools"] =
            tools.map { TemplateValue(.array($0), origin: TemplateText.toolsOrigin) } ?? TemplateValue.none
        values["documents"] = TemplateValue.none
        values["add_generation_prompt"] = .boolean(addGenerationPrompt)
        for (name, value) in variables { values[name] = TemplateValue(value) }
        let inputLength = source.utf8.count + messages.reduce(0) { $0 + $1.serializedBytes().count }
        let interpreter = TemplateInterpreter(now: now, inputLength: inputLength)
        try interpreter.render(statements, variables: values)
        return RenderedConversation(interpreter)
    }
}

extension RenderedConversation {
    /// Turns tagged scalars into text, spans and generated ranges.
    init(_ interpreter: TemplateInterpreter) {
        var view = String.UnicodeScalarView()
        var spans: [MessageSpan] = []
        var offsets: [Int] = []
        offsets.reserveCapacity(interpreter.output.count + 1)
        var offset = 0
        var start = 0
        var origin = TemplateText.noOrigin
        var written: [Range<Int>] = []
        var writesTools = false
        func finish() {
            guard origin != TemplateText.noOrigin, offset > start else { return }
            if written.last?.upperBound == start {
                written[written.count - 1] = written[written.count - 1].lowerBound..<offset
            } else {
                written.append(start..<offset)
            }
            if origin == TemplateText.toolsOrigin {
                writesTools = true
            } else {
                spans.append(MessageSpan(messageIndex: Int(origin), utf8Range: start..<offset))
            }
        }
        for element in interpreter.output {
            if element.origin != origin {
                finish()
                origin = element.origin
                start = offset
            }
            offsets.append(offset)
            view.append(element.scalar)
            offset += UTF8.width(element.scalar)
        }
        finish()
        offsets.append(offset)
        self.init(
            text: String(view), spans: spans, written: written, writesTools: writesTools,
            generated: interpreter.generated.map { offsets[$0.lowerBound]..<offsets[$0.upperBound] })
    }
}
