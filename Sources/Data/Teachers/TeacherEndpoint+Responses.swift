import Conversations
import JSON
import Storage

extension TeacherEndpoint {
    /// Reads the JSON of a successful response.
    ///
    /// - Throws: ``TeacherError/Kind/malformed``.
    func json(of bytes: [UInt8]) throws(TeacherError) -> JSONValue {
        do {
            return try JSONValue(parsing: bytes)
        } catch {
            throw malformed("not JSON: \(error.reason) at byte \(error.offset) of \(bytes.count)")
        }
    }

    /// Reads a successful response.
    ///
    /// - Parameters:
    ///   - worst: what is charged when the response's own figures cannot be taken; its output is the request's limit.
    ///   - billed: what it was booked with when it came, for one that is kept.
    /// - Throws: ``TeacherError/Kind/malformed`` when it is not what the dialect says.
    func response(
        _ json: JSONValue, bytes: [UInt8], worst: TokenUsage, billed: TokenUsage? = nil
    ) throws(TeacherError) -> TeacherResponse {
        let said =
            switch dialect {
            case .openai: try openAIAnswer(json)
            case .anthropic: try anthropicAnswer(json)
            }
        var usage = worst
        var doubt: String?
        switch ReportedUsage(json, dialect: dialect, hasAnswer: !said.text.isEmpty || !said.calls.isEmpty) {
        case .stated(let stated): usage = stated
        case .refused(let reason): doubt = reason
        }
        if let billed { (usage, doubt) = (billed, nil) }
        return TeacherResponse(
            text: said.text, toolCalls: said.calls, model: json["model"]?.stringValue ?? model,
            finishReason: said.finish, end: said.end, isRefusal: said.isRefusal, hasOtherParts: said.hasOtherParts,
            hasThoughts: said.hasThoughts, usage: usage, usageDoubt: doubt, limit: worst.output,
            cost: prices.cost(of: usage), digest: ContentDigest(of: bytes), logprobs: said.logprobs, body: bytes,
            isCached: false, retries: 0)
    }

    private func malformed(_ what: String) -> TeacherError {
        TeacherError(
            .malformed, "response of \(origin): \(what), expected a response of the dialect \(dialect.rawValue)")
    }

    /// What a response says, in no dialect.
    private struct Said {
        var text = ""
        var calls: [ToolCall] = []
        var finish: String?
        var end = FinishReason.finished
        var isRefusal = false
        var hasOtherParts = false
        var hasThoughts = false
        var logprobs: JSONValue?

        /// - Parameter reason: a server that leaves it out finished; one that writes null did not.
        mutating func ended(_ reason: JSONValue?) {
            finish = reason?.stringValue
            end = reason == nil ? .finished : finish.map(FinishReason.init) ?? .unknown
        }

        mutating func take(part: JSONValue) throws(MessageError) {
            switch part["type"]?.stringValue {
            case "text", "output_text":
                guard let piece = part["text"]?.stringValue else { throw MessageError("a text part without text") }
                text += piece
            case "refusal": isRefusal = true
            case "thinking", "redacted_thinking", "reasoning", "reasoning_text": hasThoughts = true
            case "tool_use", "server_tool_use":
                calls.append(
                    ToolCall(
                        id: part["id"]?.stringValue, name: part["name"]?.stringValue ?? "",
                        arguments: (part["input"] ?? [:]).serialized()))
            default: hasOtherParts = true
            }
        }
    }

    private func openAIAnswer(_ json: JSONValue) throws(TeacherError) -> Said {
        let choices = json["choices"]?.arrayValue ?? []
        // Of several answers the first is the one that was asked for, wherever it stands.
        guard let choice = choices.first(where: { $0["index"]?.integerValue ?? 0 == 0 }),
            let message = choice["message"], message.objectValue != nil
        else { throw malformed("no message in the first of its choices") }
        var said = Said()
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
            throw malformed(error.description)
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
            throw malformed("no text in the first of its choices")
        }
        return said
    }

    private func anthropicAnswer(_ json: JSONValue) throws(TeacherError) -> Said {
        guard let blocks = json["content"]?.arrayValue else { throw malformed("no content blocks") }
        var said = Said()
        do throws(MessageError) {
            for block in blocks { try said.take(part: block) }
        } catch {
            throw malformed(error.description)
        }
        said.ended(json["stop_reason"])
        return said
    }
}
