import Conversations
import Foundation
import JSON
import PlainText
import Synchronization

/// In which form a template takes the arguments of a tool call.
public enum ToolArguments: String, Sendable {
    /// JSON text, as OpenAI has them.
    case text
    /// The object itself, for templates that write it with `tojson` or walk over its items.
    case object
}

/// What a template can be given, found by trying.
public struct TemplateInput: Sendable, Hashable {
    /// The form in which a key and its value are written so that they can be read: text, unless that is refused, quoted
    /// once more or left out, and an object is not.
    public let arguments: ToolArguments
    /// Whether a message may have no content. Where the template fails or writes the word None then, it gets an empty text.
    public let takesNull: Bool
}

/// What was found for one template, kept for all its copies.
final class FoundTemplateInput: Sendable {
    private let input = Mutex<TemplateInput?>(nil)

    func input(_ find: () -> TemplateInput) -> TemplateInput {
        input.withLock { input in
            let found = input ?? find()
            input = found
            return found
        }
    }
}

extension ChatTemplate {
    /// What this template can be given, found at the first use.
    public var input: TemplateInput {
        found.input {
            let arguments = findArguments() ?? .text
            let takesNull = [nil, [ChatTemplate.probeTool]].contains { tools in
                guard let null = probe(arguments, nil, tools) else { return false }
                let words = { (text: String) in text.utf8.ranges(of: "None".utf8).count }
                return words(null) <= words(probe(arguments, "", tools) ?? "")
            }
            return TemplateInput(arguments: arguments, takesNull: takesNull)
        }
    }

    private func findArguments() -> ToolArguments? {
        // Some templates write calls only beside no content, an empty one, or with tools that may be called.
        for content in [nil, "", "-"] {
            for tools in [nil, [ChatTemplate.probeTool]] {
                for form in [ToolArguments.text, .object] {
                    guard let text = probe(form, content, tools)?.utf8 else { continue }
                    func holds(_ word: String) -> Bool { text.place(of: word.utf8) != nil }
                    if holds("needle"), holds("thread"), !holds(#"needle\""#) { return form }
                }
            }
        }
        return nil
    }

    private static let probeTool: JSONValue = [
        "type": "function",
        "function": [
            "name": "probe", "description": "-",
            "parameters": ["type": "object", "properties": ["item": ["type": "string", "description": "-"]]],
        ],
    ]

    /// A conversation with a call; nil where the template refuses it, and does not write it then.
    private func probe(_ form: ToolArguments, _ content: String?, _ tools: [JSONValue]?) -> String? {
        let call = ToolCall(id: "callprobe", name: "probe", arguments: #"{"needle": "thread"}"#)
        let message = Message(.assistant, content, toolCalls: [call])
        return try? render(
            messages: [
                Message(.user, "-").json, message.json(for: TemplateInput(arguments: form, takesNull: true)),
            ], tools: tools, addGenerationPrompt: false, variables: ["bos_token": "", "eos_token": ""],
            now: LocalTime(Date(timeIntervalSince1970: 0))
        ).text
    }
}

extension Message {
    /// The message as a template takes it.
    func json(for input: TemplateInput) -> JSONValue {
        guard var object = json.objectValue else { return json }
        if !input.takesNull, object["content"] == JSONValue.null { object["content"] = "" }
        if input.arguments == .object, !toolCalls.isEmpty {
            object["tool_calls"] = .array(toolCalls.map(\.jsonWithObjectArguments))
        }
        return .object(object)
    }
}

extension ToolCall {
    fileprivate var jsonWithObjectArguments: JSONValue {
        guard var outer = json.objectValue, var function = outer["function"]?.objectValue,
            // Arguments that are no JSON stay the text that they are.
            let object = try? JSONValue(parsing: arguments), object.objectValue != nil
        else { return json }
        function["arguments"] = object
        outer["function"] = .object(function)
        return .object(outer)
    }
}
