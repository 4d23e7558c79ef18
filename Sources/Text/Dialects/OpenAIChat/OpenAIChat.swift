import Conversations
package import JSON

/// OpenAI's chat completions, as everybody compatible has them too: requests written, responses read.
///
/// Source: OpenAI's API reference, "Chat".
package enum OpenAIChat {
    /// The names by which the limit of an answer goes: the first is the old one, which newer models refuse.
    package enum LimitName: String, Sendable, CaseIterable {
        case maxTokens = "max_tokens"
        case maxCompletionTokens = "max_completion_tokens"
    }

    static let route = "/chat/completions"
    /// The word of an error about a wrong key.
    static let wrongKey = "invalid_api_key"
    /// Words of an error about a model that is not there.
    static let unknownModel: Set<String> = ["model_not_found", "not_found_error", "not_found"]

    static func headers(key: String?) -> [(name: String, value: String)] {
        key.map { [("authorization", "Bearer \($0)")] } ?? []
    }

    static func asking(_ question: Question) -> JSONObject {
        var body = JSONObject()
        body["messages"] = .array(question.messages.map(\.json))
        body[question.limitName.rawValue] = .integer(question.limit)
        if let topLogprobs = question.topLogprobs {
            body["logprobs"] = true
            body["top_logprobs"] = .integer(topLogprobs)
        }
        return body
    }

    // MARK: Responses

    /// The answer that counts in what was logged: the choice that the response numbers 0, else its first.
    package static func choice(of response: JSONValue) -> JSONValue? {
        let choices = response["choices"]?.arrayValue ?? []
        return choices.first { $0["index"]?.integerValue == 0 } ?? choices.first
    }

    /// The log-probabilities of the answer that counts.
    package static func logprobs(of response: JSONValue) -> JSONValue? { choice(of: response)?["logprobs"] }

    /// Why the answer that counts ended, in the server's word.
    package static func finish(of response: JSONValue) -> String? {
        choice(of: response)?["finish_reason"]?.stringValue
    }

    static func answer(in json: JSONValue) throws(MalformedResponse) -> SpokenAnswer {
        let choices = json["choices"]?.arrayValue ?? []
        // Of several answers the first is the one that was asked for, wherever it stands.
        guard let choice = choices.first(where: { $0["index"]?.integerValue ?? 0 == 0 }),
            let message = choice["message"], message.objectValue != nil
        else { throw MalformedResponse("no message in the first of its choices") }
        var said = SpokenAnswer()
        do throws(MessageError) {
            for call in message["tool_calls"]?.arrayValue ?? [] { said.calls.append(try ToolCall(json: call)) }
            // The form before tools.
            if let call = message["function_call"], !call.isNull {
                said.calls.append(try ToolCall(json: ["function": call]))
            }
            switch message["content"] {
            case .string(let text)?: said.text = text
            case .array(let parts)?: for part in parts { try said.take(part: part) }
            case nil, .null?: break
            case let other?: throw MessageError("content: \(other.kindName), expected a text or a list of parts")
            }
        } catch {
            throw MalformedResponse(error.description)
        }
        if let refusal = message["refusal"]?.stringValue, !refusal.isEmpty { said.isRefusal = true }
        for key in ["reasoning_content", "reasoning", "thinking"] {
            if let thoughts = message[key]?.stringValue, !thoughts.isEmpty { said.hasThoughts = true }
        }
        let details = json["usage"]?["completion_tokens_details"]
        if (details?["reasoning_tokens"]?.integerValue ?? 0) > 0 { said.hasThoughts = true }
        said.ended(choice["finish_reason"])
        said.logprobs = choice["logprobs"].flatMap(\.unlessNull)
        guard message["content"] != nil || said.isRefusal || said.hasThoughts || !said.calls.isEmpty else {
            throw MalformedResponse("no text in the first of its choices")
        }
        return said
    }

    /// Some servers count thoughts among the completion's tokens, some only in the total, some only beside it.
    static func usage(_ usage: JSONValue) throws(ReportedUsage.Refusal) -> TokenUsage {
        let input = try ReportedUsage.count(usage, "prompt_tokens", upTo: ReportedUsage.mostInput)
        var output = try ReportedUsage.count(usage, "completion_tokens", upTo: ReportedUsage.mostOutput)
        let details = usage["completion_tokens_details"] ?? .null
        if let thoughts = try ReportedUsage.optional(details, "reasoning_tokens", upTo: ReportedUsage.mostOutput),
            thoughts > output
        {
            output += thoughts
        }
        let most = ReportedUsage.mostInput + ReportedUsage.mostOutput
        if let total = try ReportedUsage.optional(usage, "total_tokens", upTo: most) {
            output = max(output, total - input)
        }
        return TokenUsage(input: input, output: output)
    }
}
