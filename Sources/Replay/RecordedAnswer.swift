import Conversations

/// What a recording holds for one input.
struct RecordedAnswer: Sendable, Hashable {
    var content: String
    /// Tokens, where the recording says.
    var inputTokens: Int?
    var outputTokens: Int?

    init(content: String, usage: JSONValue? = nil) {
        self.content = content
        inputTokens = usage?["prompt_tokens"]?.integerValue ?? usage?["input_tokens"]?.integerValue
        outputTokens = usage?["completion_tokens"]?.integerValue ?? usage?["output_tokens"]?.integerValue
    }
}
