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
    /// The same, and it would not refuse the conversation without its system message.
    case refusesSystem(String)
    /// The model file holds no template; the built-in ones whose marks its vocabulary has.
    case missing(fitting: [String])
    /// An answer changes what stands before it, so that nothing can be said of the answer alone.
    case answerNotAppended
    /// After an answer comes no token that ends the turn.
    case answerNotEnded
    /// A field of a message, counted from 0, that says something and of which nothing is in the text.
    case leftOut(message: Int, String)
    /// No built-in template has this name.
    case unknownName(String)

    public var description: String {
        switch self {
        case .syntax(let line, let text): "chat template, line \(line): \(text)"
        case .evaluation(let line, let text): "chat template, line \(line): \(text)"
        case .limit(let line, let text): "chat template, line \(line): \(text)"
        case .raised(_, let text): text
        case .refusesSystem(let text): "the chat template refuses a system message: \(text)"
        case .leftOut(let message, let field):
            "message \(message + 1): \(field): left out by the chat template, expected one that writes it"
        case .missing: "tokenizer.chat_template: missing, expected a chat template"
        case .answerNotAppended:
            "chat template: an answer changes the text before it, expected it to be appended"
        case .answerNotEnded: "chat template: an answer is not followed by a token that ends the turn"
        case .unknownName(let name):
            "template: '\(name)', expected one of \(ChatTemplate.names.joined(separator: ", ")), or a Jinja file"
        }
    }

    public var errorDescription: String? {
        switch self {
        case .raised(_, let text): "the chat template refuses the conversation: \(text)"
        default: description
        }
    }

    public var recoverySuggestion: String? {
        switch self {
        case .missing(let fitting) where fitting.isEmpty:
            "no built-in template has its marks in this vocabulary; write one as a Jinja file and name it with --template"
        case .missing(let fitting):
            "--template \(fitting.joined(separator: "|")): the built-in templates whose marks this vocabulary has"
        case .refusesSystem: "--template chooses another: gemma, say, puts the system text into the user's message"
        case .leftOut: "--template chooses another; \"weight\": 0 keeps an answer out of training"
        case .raised, .answerNotAppended, .answerNotEnded: "--template chooses another"
        default: nil
        }
    }
}
