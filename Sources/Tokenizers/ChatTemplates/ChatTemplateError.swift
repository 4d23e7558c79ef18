public import Foundation

/// Why a chat template could not be parsed or rendered.
public enum ChatTemplateError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    /// The template is not one that Jinja would accept; the text names the construct.
    case syntax(line: Int, String)
    /// Rendering failed at a construct: a missing value, an operation that a type lacks, an unknown filter.
    case evaluation(line: Int, String)
    /// The template called `raise_exception` with this message: it refuses the conversation.
    case raised(line: Int, String)
    /// A bound on time, memory or nesting was reached.
    case limit(line: Int, String)
    /// The model file holds no template.
    case missing
    /// An answer changes what stands before it, so that nothing can be said of the answer alone.
    case answerNotAppended
    /// After an answer comes no token that ends the turn.
    case answerNotEnded
    /// No built-in template has this name.
    case unknownName(String)

    public var description: String {
        switch self {
        case .syntax(let line, let text): "chat template, line \(line): \(text)"
        case .evaluation(let line, let text): "chat template, line \(line): \(text)"
        case .limit(let line, let text): "chat template, line \(line): \(text)"
        case .raised(_, let text): text
        case .missing: "tokenizer.chat_template: missing, expected a chat template"
        case .answerNotAppended:
            "chat template: an answer changes the text before it, expected it to be appended"
        case .answerNotEnded: "chat template: an answer is not followed by a token that ends the turn"
        case .unknownName(let name):
            "template: '\(name)', expected one of \(ChatTemplate.names.joined(separator: ", ")), or a Jinja file"
        }
    }

    public var errorDescription: String? { description }

    public var recoverySuggestion: String? {
        switch self {
        case .missing: "name a built-in template with --template \(ChatTemplate.names.joined(separator: "|"))"
        default: nil
        }
    }
}
