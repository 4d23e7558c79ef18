import Conversations
import JSON
import PlainText

/// A template writes what its author thought of; the rest it leaves out without a word.
extension ChatEncoder {
    /// Checks that all that an answer says is in the text that is to be learned.
    ///
    /// - Parameters:
    ///   - index: the message's place in the conversation.
    ///   - range: where in the text the answer is.
    /// - Throws: ``ChatTemplateError/leftOut(message:_:)``.
    func check(
        _ message: Message, at index: Int, isWrittenIn rendered: RenderedConversation, _ range: Range<Int>,
        after messages: [Message], _ tools: [JSONValue]?
    ) throws {
        guard message.saysSomething else { return }
        guard rendered.spans.contains(where: { $0.messageIndex == index && $0.utf8Range.overlaps(range) }) else {
            throw ChatTemplateError.leftOut(message: index, message.firstPart)
        }
        let said = rendered.text.utf8.dropFirst(range.lowerBound).prefix(range.count)
        guard ChatEncoder.isWritten(message.content, in: said) else {
            throw ChatTemplateError.leftOut(message: index, "content")
        }
        if let reasoning = message.reasoning, !ChatEncoder.isWritten(reasoning, in: said) {
            throw ChatTemplateError.leftOut(message: index, "reasoning_content")
        }
        if !message.toolCalls.isEmpty { try checkCalls(of: message, at: index, after: messages, tools) }
    }

    /// Whether the text's characters come in this order, white space apart: a template may trim, move reasoning to a block
    /// of its own, or escape, but everything said is there.
    private static func isWritten(_ text: String, in said: Substring.UTF8View) -> Bool {
        var rest = said
        for scalar in text.unicodeScalars where !scalar.isPythonSpace {
            for byte in UTF8.encode(scalar) ?? .init() {
                guard let place = rest.firstIndex(of: byte) else { return false }
                rest = rest[rest.index(after: place)...]
            }
        }
        return true
    }

    /// Calls are written in the template's own way, so that words of their own are looked for in their place.
    private func checkCalls(
        of message: Message, at index: Int, after messages: [Message], _ tools: [JSONValue]?
    ) throws {
        var probe = message
        if message.content.utf8.contains(where: { $0 > 0x20 }) { probe.content = "probecontent" }
        for place in probe.toolCalls.indices {
            probe.toolCalls[place].name = "probe\(place)name"
            // Arguments that are no object stay text to every template.
            let isObject = (try? JSONValue(parsing: probe.toolCalls[place].arguments))?.objectValue != nil
            probe.toolCalls[place].arguments =
                isObject ? "{\"probe\(place)key\": \"probe\(place)value\"}" : "probe\(place)value"
        }
        let text = try conversation(messages + [probe], tools: tools, addGenerationPrompt: false).rendered.text
        func holds(_ word: String) -> Bool { text.utf8.place(of: word.utf8) != nil }
        guard probe.content == message.content || holds(probe.content) else {
            throw ChatTemplateError.leftOut(message: index, "content")
        }
        for place in probe.toolCalls.indices {
            for (word, field) in [("name", "name"), ("value", "arguments")]
            where !holds("probe\(place)\(word)") {
                throw ChatTemplateError.leftOut(message: index, "tool_calls[\(place)].function.\(field)")
            }
        }
    }
}

extension Message {
    /// Whether there is anything to write.
    var saysSomething: Bool { !toolCalls.isEmpty || content.utf8.contains { $0 > 0x20 } }
    /// The field that says it.
    var firstPart: String { toolCalls.isEmpty ? "content" : "tool_calls" }
}
