import ChatTemplates
import Conversations
import Foundation
import JSON
import PlainText
import Tokenizers

/// How training, evaluation and serving use a template with a vocabulary.
struct TemplateUse {
    private let input: TemplateInput
    /// nil where the template cannot render or end an answer; why stands in ``problem``.
    private let frame: AnswerFrame?
    private let problem: String?
    private let fitting: [String]

    init(_ template: ChatTemplate, _ tokenizer: Tokenizer) throws {
        input = template.input
        fitting = ChatTemplate.names(fitting: tokenizer)
        let encoder = ChatEncoder(tokenizer: tokenizer, template: template, now: LocalTime(Date()))
        do {
            frame = try encoder.answerFrame(after: [Message(.user, "-")])
            problem = nil
        } catch let error as any LocalizedError {
            frame = nil
            problem = error.errorDescription
        }
    }

    var lines: [String] {
        var lines = [
            "arguments of tool calls: \(input.arguments.rawValue)",
            "content that is null: \(input.takesNull ? "null" : "\"\"")",
        ]
        func quoted(_ text: String) -> String { JSONValue.string(text).serialized() }
        if let frame {
            lines.append("before an answer: \(quoted(frame.prefix))")
            lines.append("behind an answer: \(quoted(frame.suffix))")
            if let reasoning = frame.reasoning {
                lines.append("around reasoning: \(quoted(reasoning.opening)) and \(quoted(reasoning.closing))")
            }
        }
        if let problem { lines.append("answers: \(problem)") }
        lines.append("built-in templates that fit: \(fitting.isEmpty ? "none" : fitting.joined(separator: ", "))")
        return lines
    }

    var json: JSONValue {
        [
            "tool_arguments": .string(input.arguments.rawValue), "takes_null_content": .bool(input.takesNull),
            "answer_prefix": frame.map { .string($0.prefix) } ?? .null,
            "answer_suffix": frame.map { .string($0.suffix) } ?? .null,
            "reasoning": frame?.reasoning.map {
                ["opening": .string($0.opening), "closing": .string($0.closing)]
            } ?? .null,
            "problem": problem.map(JSONValue.string) ?? .null,
            "fitting_templates": .array(fitting.map(JSONValue.string)),
        ]
    }
}
