import Conversations
import JSON
import Storage

/// The shape in which a replay server was asked and answers.
enum ReplayDialect: Sendable {
    case openai, anthropic

    /// A time that every response bears, so that the same request gets the same bytes.
    private static let created = 1_760_000_000

    /// The messages of a request, the system text apart from Anthropic's among them.
    func messages(of request: JSONValue) throws(MessageError) -> [Message] {
        var messages: [Message] = []
        for message in request["messages"]?.arrayValue ?? [] { messages.append(try Message(json: message)) }
        return messages
    }

    /// A tokenizer's order of magnitude: a token for every four bytes.
    static func tokens(_ text: String) -> Int { text.utf8.count / 4 + 1 }

    private func usage(_ answer: RecordedAnswer, request: JSONValue, messages: [Message]) -> (input: Int, output: Int) {
        let system = request["system"]?.stringValue ?? ""
        let texts = messages.map(\.content) + (system.isEmpty ? [] : [system])
        let input = texts.reduce(3) { $0 + ReplayDialect.tokens($1) + 3 }
        return (answer.inputTokens ?? input, answer.outputTokens ?? ReplayDialect.tokens(answer.content))
    }

    /// The whole response to a request.
    func response(_ answer: RecordedAnswer, request: JSONValue, messages: [Message]) -> JSONValue {
        let usage = usage(answer, request: request, messages: messages)
        let model = request["model"]?.stringValue ?? "replay"
        switch self {
        case .openai:
            let message: JSONValue = ["role": "assistant", "content": .string(answer.content), "refusal": nil]
            let choice: JSONValue = [
                "index": 0, "message": message,
                "logprobs": ReplayDialect.logprobs(of: answer, request: request).map(ReplayDialect.logprobs) ?? .null,
                "finish_reason": .string(answer.openAIFinish),
            ]
            return [
                "id": .string(identifier(of: request, prefix: "chatcmpl-")), "object": "chat.completion",
                "created": .integer(ReplayDialect.created), "model": .string(model), "choices": .array([choice]),
                "usage": openAIUsage(usage), "system_fingerprint": "fp_replay",
            ]
        case .anthropic:
            let block: JSONValue = ["type": "text", "text": .string(answer.content)]
            return [
                "id": .string(identifier(of: request, prefix: "msg_")), "type": "message", "role": "assistant",
                "model": .string(model), "content": .array([block]),
                "stop_reason": .string(answer.anthropicFinish), "stop_sequence": nil,
                "usage": ["input_tokens": .integer(usage.input), "output_tokens": .integer(usage.output)],
            ]
        }
    }

    /// The events of a streamed response, each as the text that goes over the wire.
    func events(_ answer: RecordedAnswer, request: JSONValue, messages: [Message]) -> [String] {
        let usage = usage(answer, request: request, messages: messages)
        let pieces = ReplayDialect.pieces(answer.content)
        switch self {
        case .openai:
            let spelled = ReplayDialect.logprobs(of: answer, request: request).map {
                ReplayDialect.pieces(answer.content, $0)
            }
            return openAIEvents(
                spelled ?? pieces.map { ($0, nil) }, finish: answer.openAIFinish, request: request, usage: usage)
        case .anthropic:
            var message = response(answer, request: request, messages: messages).objectValue ?? JSONObject()
            message["content"] = []
            message["stop_reason"] = nil as JSONValue
            let block: JSONValue = ["type": "text", "text": ""]
            let start: JSONValue = ["type": "content_block_start", "index": 0, "content_block": block]
            let deltas = pieces.map { piece -> JSONValue in
                let delta: JSONValue = ["type": "text_delta", "text": .string(piece)]
                return ["type": "content_block_delta", "index": 0, "delta": delta]
            }
            let end: [JSONValue] = [
                ["type": "content_block_stop", "index": 0],
                [
                    "type": "message_delta",
                    "delta": ["stop_reason": .string(answer.anthropicFinish), "stop_sequence": nil],
                    "usage": ["output_tokens": .integer(usage.output)],
                ],
                ["type": "message_stop"],
            ]
            let all = [["type": "message_start", "message": .object(message)], start] + deltas + end
            return all.map { "event: \($0["type"]?.stringValue ?? "")\ndata: \($0.serialized())\n\n" }
        }
    }

    private func openAIEvents(
        _ pieces: [(text: String, logprobs: [JSONValue]?)], finish: String, request: JSONValue,
        usage: (input: Int, output: Int)
    ) -> [String] {
        func chunk(_ choices: [JSONValue], usage: JSONValue? = nil) -> String {
            var object = JSONObject()
            object["id"] = .string(identifier(of: request, prefix: "chatcmpl-"))
            object["object"] = "chat.completion.chunk"
            object["created"] = .integer(ReplayDialect.created)
            object["model"] = request["model"] ?? "replay"
            object["choices"] = .array(choices)
            object["usage"] = usage
            return "data: \(JSONValue.object(object).serialized())\n\n"
        }
        func choice(_ delta: JSONValue, finish: JSONValue = nil, logprobs: [JSONValue]? = nil) -> JSONValue {
            var choice = JSONObject([(key: "index", value: 0), (key: "delta", value: delta)])
            choice["logprobs"] = logprobs.map(ReplayDialect.logprobs)
            choice["finish_reason"] = finish
            return .object(choice)
        }
        var events = [chunk([choice(["role": "assistant", "content": ""])])]
        events += pieces.map { chunk([choice(["content": .string($0.text)], logprobs: $0.logprobs)]) }
        events.append(chunk([choice([:], finish: .string(finish))]))
        if request["stream_options"]?["include_usage"]?.boolValue == true {
            events.append(chunk([], usage: openAIUsage(usage)))
        }
        return events + ["data: [DONE]\n\n"]
    }

    private func openAIUsage(_ usage: (input: Int, output: Int)) -> JSONValue {
        [
            "prompt_tokens": .integer(usage.input), "completion_tokens": .integer(usage.output),
            "total_tokens": .integer(usage.input + usage.output),
        ]
    }

    private func identifier(of request: JSONValue, prefix: String) -> String {
        prefix + ContentDigest(of: request.serializedBytes(.canonical)).hex.prefix(24)
    }

    /// A text in pieces of a word or so.
    private static func pieces(_ text: String) -> [String] {
        text.reduce(into: [String]()) { pieces, character in
            if character == " " || pieces.isEmpty {
                pieces.append(String(character))
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
    }

    /// An error in the dialect's shape.
    func error(status: Int, type: String, code: String? = nil, message: String) -> JSONValue {
        switch self {
        case .openai:
            let error: JSONValue = [
                "message": .string(message), "type": .string(type), "param": nil,
                "code": code.map(JSONValue.string) ?? .null,
            ]
            return ["error": error]
        case .anthropic:
            let error: JSONValue = ["type": .string(code ?? type), "message": .string(message)]
            return ["type": "error", "error": error]
        }
    }
}
