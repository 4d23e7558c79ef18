package import JSON

/// A response that somebody kept, in whichever dialect, or as `{"content": "…"}` alone.
package struct RecordedResponse: Sendable, Hashable {
    package var content: String
    /// Why the answer ended, in the words of whoever kept it; nil for one that came to its end.
    package var finish: String?
    /// Tokens, where it says.
    package var inputTokens: Int?
    package var outputTokens: Int?
    /// What was kept of the answer's tokens, one entry for each, as a chat completion has them.
    package var logprobs: [JSONValue]?

    package init(content: String) { self.content = content }

    /// A text, and what stands beside it: `usage`, `logprobs` and `finish_reason`, as a response has them.
    package init(content: String, beside json: JSONValue) {
        self.init(
            content: content, usage: json["usage"], logprobs: json["logprobs"],
            finish: json["finish_reason"]?.stringValue)
    }

    /// - Parameters:
    ///   - usage: as either vendor writes it.
    ///   - logprobs: `{"content": […]}`.
    private init(content: String, usage: JSONValue?, logprobs: JSONValue?, finish: String?) {
        self.content = content
        self.finish = finish
        self.logprobs = logprobs?["content"]?.arrayValue
        inputTokens = usage?["prompt_tokens"]?.integerValue ?? usage?["input_tokens"]?.integerValue
        outputTokens = usage?["completion_tokens"]?.integerValue ?? usage?["output_tokens"]?.integerValue
    }

    /// Reads `{"content": "…"}`, a `chat.completion` or an Anthropic message; nil for what has no text.
    ///
    /// - Parameter usage: what counts instead of the response's own.
    package init?(_ response: JSONValue, usage: JSONValue? = nil) {
        guard let content = RecordedResponse.content(of: response) else { return nil }
        let choice = response["choices"]?.arrayValue?.first
        let finish = choice?["finish_reason"] ?? response["finish_reason"] ?? response["stop_reason"]
        self.init(
            content: content, usage: usage ?? response["usage"], logprobs: choice?["logprobs"] ?? response["logprobs"],
            finish: finish?.stringValue)
    }

    private static func content(of response: JSONValue) -> String? {
        if let text = response["content"]?.stringValue { return text }
        if let text = response["choices"]?.arrayValue?.first?["message"]?["content"]?.stringValue { return text }
        guard let blocks = response["content"]?.arrayValue else { return nil }
        let texts = blocks.compactMap { $0["type"]?.stringValue == "text" ? $0["text"]?.stringValue : nil }
        return texts.isEmpty ? nil : texts.joined()
    }
}
