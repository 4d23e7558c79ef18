import Conversations
import JSON

/// What a recording holds for one input.
struct RecordedAnswer: Sendable, Hashable {
    var content: String
    /// Tokens, where the recording says.
    var inputTokens: Int?
    var outputTokens: Int?
    /// Why the answer ended, in the words of whoever recorded it; nil for one that came to its end.
    var finish: String?
    /// What was recorded of the answer's tokens, one entry for each, as a chat completion has them.
    var logprobs: [JSONValue]?

    init(content: String, usage: JSONValue? = nil, logprobs: JSONValue? = nil, finish: String? = nil) {
        self.content = content
        self.finish = finish
        self.logprobs = logprobs?["content"]?.arrayValue
        inputTokens = usage?["prompt_tokens"]?.integerValue ?? usage?["input_tokens"]?.integerValue
        outputTokens = usage?["completion_tokens"]?.integerValue ?? usage?["output_tokens"]?.integerValue
    }
}

extension RecordedAnswer {
    /// The reason for the end in OpenAI's words, and in Anthropic's; a word of neither is replayed as it is.
    var openAIFinish: String {
        guard let finish else { return "stop" }
        return switch FinishReason(finish) {
        case .finished: "stop"
        case .truncated: "length"
        case .filtered: "content_filter"
        case .toolCalls: "tool_calls"
        default: finish
        }
    }

    var anthropicFinish: String {
        guard let finish else { return "end_turn" }
        return switch FinishReason(finish) {
        case .finished: "end_turn"
        case .truncated: "max_tokens"
        case .refused, .filtered: "refusal"
        case .toolCalls: "tool_use"
        default: finish
        }
    }
}
