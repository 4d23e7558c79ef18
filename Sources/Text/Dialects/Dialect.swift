package import Conversations
package import JSON

/// The language in which a vendor's API is spoken to. Each vendor's words stand in a folder of their own; here is what all
/// of them can be asked for.
public enum Dialect: String, Sendable, CaseIterable, Codable {
    /// `POST …/chat/completions`, as OpenAI and everybody compatible has it.
    case openai
    /// `POST …/messages`, Anthropic's.
    case anthropic

    /// Where requests are posted to, behind the API's base.
    public var route: String {
        switch self {
        case .openai: OpenAIChat.route
        case .anthropic: AnthropicMessages.route
        }
    }

    /// The header fields that a request needs beside those of HTTP.
    package func headers(key: String?) -> [(name: String, value: String)] {
        switch self {
        case .openai: OpenAIChat.headers(key: key)
        case .anthropic: AnthropicMessages.headers(key: key)
        }
    }

    /// The members of a request body that ask for an answer, without the model's name and what is optional.
    package func asking(_ question: Question) -> JSONObject {
        switch self {
        case .openai: OpenAIChat.asking(question)
        case .anthropic: AnthropicMessages.asking(question)
        }
    }

    /// What a successful response says.
    package func answer(in response: JSONValue) throws(MalformedResponse) -> SpokenAnswer {
        switch self {
        case .openai: try OpenAIChat.answer(in: response)
        case .anthropic: try AnthropicMessages.answer(in: response)
        }
    }

    /// The tokens that a response says it was billed for.
    func usage(_ usage: JSONValue) throws(ReportedUsage.Refusal) -> TokenUsage {
        switch self {
        case .openai: try OpenAIChat.usage(usage)
        case .anthropic: try AnthropicMessages.usage(usage)
        }
    }

    /// Whether an error with status 404 is about the model or the route. One without words in the dialect's shape comes from
    /// a server that has no such route.
    package func isAboutModelOrRoute(_ error: ServerError) -> Bool {
        let words = error.words.filter { Int($0) == nil }
        guard !words.isEmpty else { return true }
        return switch self {
        case .openai: words.contains { OpenAIChat.unknownModel.contains($0.lowercased()) }
        case .anthropic: words.contains(AnthropicMessages.unknownModel)
        }
    }

    /// The messages of a request.
    package func messages(ofRequest request: JSONValue) throws(MessageError) -> [Message] {
        var messages: [Message] = []
        for message in request["messages"]?.arrayValue ?? [] { messages.append(try Message(json: message)) }
        return messages
    }

    /// An error in the dialect's shape.
    package func error(type: String, code: String? = nil, parameter: String? = nil, message: String) -> JSONValue {
        switch self {
        case .openai: OpenAIChat.error(type: type, code: code, parameter: parameter, message: message)
        case .anthropic: AnthropicMessages.error(type: code ?? type, message: message)
        }
    }

    /// The error about a wrong key.
    package func keyError(_ message: String) -> JSONValue {
        let code = self == .openai ? OpenAIChat.wrongKey : nil
        return error(type: "authentication_error", code: code, message: message)
    }

    /// The header field that holds a key where it does not stand in `authorization`.
    package static let keyField = AnthropicMessages.keyField

    /// How many alternatives of each token a request asks for; nil for no log-probabilities.
    package func topLogprobs(ofRequest request: JSONValue) throws(MessageError) -> Int? {
        switch self {
        case .openai: try OpenAIChat.topLogprobs(ofRequest: request)
        case .anthropic: nil
        }
    }

    /// Why a model stopped, in the vendor's word; a word of neither vendor is left as it is.
    package func finishWord(_ word: String?) -> String {
        switch self {
        case .openai: OpenAIChat.finishWord(word)
        case .anthropic: AnthropicMessages.finishWord(word)
        }
    }
}

/// What a model is asked, in no vendor's words.
package struct Question: Sendable {
    package var messages: [Message]
    /// The most tokens of the answer.
    package var limit: Int
    /// By which name the limit goes, where a vendor has two.
    package var limitName: OpenAIChat.LimitName
    /// How many alternatives of each token to report with their log-probabilities; nil asks for none.
    package var topLogprobs: Int?

    package init(
        messages: [Message], limit: Int, limitName: OpenAIChat.LimitName = .maxTokens, topLogprobs: Int? = nil
    ) {
        self.messages = messages
        self.limit = limit
        self.limitName = limitName
        self.topLogprobs = topLogprobs
    }
}

/// What keeps a successful response from being one of its dialect. Says nothing of its text.
package struct MalformedResponse: Error, Hashable, Sendable {
    package var reason: String

    package init(_ reason: String) { self.reason = reason }
}
