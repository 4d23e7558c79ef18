extension TemplateFilters {
    /// `textwrap.wrap` of each line.
    static let wordwrap: TemplateFilter = { interpreter, value, arguments in
        let given = try arguments.bind(
            "filter 'wordwrap'", ["width", "break_long_words", "wrapstring", "break_on_hyphens"])
        let text = try value.text("filter 'wordwrap'")
        let width = try given[0]?.integer("filter 'wordwrap'") ?? 79
        guard width > 0 else { throw TemplateFailure("filter 'wordwrap': width \(width), expected at least 1") }
        let end = try given[2].flatMap { $0.isNone ? nil : try $0.text("filter 'wordwrap'") } ?? "\n"
        let wrapper = TextWrapper(
            width: width, breaksLongWords: given[1]?.isTrue ?? true, breaksOnHyphens: given[3]?.isTrue ?? true)
        var lines: [TemplateText] = []
        for line in text.lines() {
            let wrapped = wrapper.lines(of: line)
            for _ in wrapped { try interpreter.budget.make(end.count + 1) }
            lines += wrapped.isEmpty ? [TemplateText()] : wrapped
        }
        return .text(TemplateText.joined(lines, by: end))
    }

    /// Attributes of an element of SGML or XML, those without a value left out.
    static let xmlAttributes: TemplateFilter = { _, value, arguments in
        let addsSpace = try arguments.bind("filter 'xmlattr'", ["autospace"])[0]?.isTrue ?? true
        guard case .dictionary(let members) = value else {
            throw TemplateFailure("filter 'xmlattr': \(value.typeName), expected a dictionary")
        }
        var written: [TemplateText] = []
        for (key, value) in zip(members.keys, members.values) where !value.isNone && !value.isUndefined {
            let name = key.asText
            guard !name.elements.contains(where: { isNoAttributeName($0.scalar) }) else {
                throw TemplateFailure("filter 'xmlattr': a name with white space, '/', '>' or '='")
            }
            let parts: [TemplateText] = [name.escaped, "=\"", value.asText.escaped, "\""]
            written.append(TemplateText.joined(parts, by: TemplateText()))
        }
        let text = TemplateText.joined(written, by: " ")
        return .text(addsSpace && !text.isEmpty ? " " + text : text)
    }

    private static func isNoAttributeName(_ scalar: Unicode.Scalar) -> Bool {
        scalar.isPythonSpace || scalar == "/" || scalar == ">" || scalar == "="
    }
}
