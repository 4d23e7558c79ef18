import Conversations

/// What a recording holds for one input.
struct RecordedAnswer: Sendable, Hashable {
    var content: String
    /// Tokens, where the recording says.
    var inputTokens: Int?
    var outputTokens: Int?
    /// What was recorded of the answer's tokens, one entry for each, as a chat completion has them.
    var logprobs: [JSONValue]?

    init(content: String, usage: JSONValue? = nil, logprobs: JSONValue? = nil) {
        self.content = content
        self.logprobs = logprobs?["content"]?.arrayValue
        inputTokens = usage?["prompt_tokens"]?.integerValue ?? usage?["input_tokens"]?.integerValue
        outputTokens = usage?["completion_tokens"]?.integerValue ?? usage?["output_tokens"]?.integerValue
    }
}
