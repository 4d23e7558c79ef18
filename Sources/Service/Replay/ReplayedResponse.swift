import Conversations
import Dialects
import JSON
import Storage

/// A recorded answer as the response to one request, in the dialect in which it was asked for.
struct ReplayedResponse: Sendable {
    let dialect: Dialect
    let answer: RecordedResponse
    let request: JSONValue
    /// Of the request, without the system text that Anthropic has apart.
    let messages: [Message]
    /// How many alternatives of each token the request asks for; nil for no log-probabilities.
    let topLogprobs: Int?

    /// A time that every response bears, so that the same request gets the same bytes.
    private static let created = 1_760_000_000

    /// A tokenizer's order of magnitude: a token for every four bytes.
    private static func tokens(_ text: String) -> Int { text.utf8.count / 4 + 1 }

    private var inputTokens: Int {
        let system = request["system"]?.stringValue ?? ""
        let texts = messages.map(\.content) + (system.isEmpty ? [] : [system])
        return answer.inputTokens ?? texts.reduce(3) { $0 + ReplayedResponse.tokens($1) + 3 }
    }

    private var outputTokens: Int { answer.outputTokens ?? ReplayedResponse.tokens(answer.content) }

    private var finish: String { dialect.finishWord(answer.finish) }

    private func identifier(_ prefix: String) -> String {
        prefix + ContentDigest(of: request.serializedBytes(.canonical)).hex.prefix(24)
    }

    private var completion: CompletionWriter {
        CompletionWriter(
            id: identifier("chatcmpl-"), created: ReplayedResponse.created, model: request["model"] ?? "replay",
            fingerprint: "fp_replay", chunksHaveUsage: wantsUsage)
    }

    private var message: MessageWriter {
        MessageWriter(
            id: identifier("msg_"), model: request["model"] ?? "replay", inputTokens: inputTokens,
            outputTokens: outputTokens)
    }

    private var usage: JSONValue { OpenAIChat.usage(prompt: inputTokens, completion: outputTokens) }

    private var wantsUsage: Bool { request["stream_options"]?["include_usage"]?.boolValue == true }

    /// The response as one JSON value.
    var whole: JSONValue {
        switch dialect {
        case .openai:
            .object(
                completion.whole(
                    answer.content, logprobs: logprobs.map(OpenAIChat.logprobs) ?? .null, finish: finish, usage: usage))
        case .anthropic: .object(message.whole(answer.content, finish: finish))
        }
    }

    /// The events of a streamed response, each as the text that goes over the wire.
    var events: [String] {
        switch dialect {
        case .openai:
            let pieces = logprobs.map { ReplayedResponse.pieces(answer.content, $0) }
            var chunks = [completion.opening()]
            for piece in pieces ?? words.map({ ($0, nil) }) {
                chunks.append(
                    completion.piece(piece.text, logprobs: piece.logprobs.map(OpenAIChat.logprobs) ?? .null))
            }
            chunks.append(completion.closing(finish: finish))
            if wantsUsage { chunks.append(completion.usage(usage)) }
            return chunks.map { "data: \(JSONValue.object($0).serialized())\n\n" } + ["data: [DONE]\n\n"]
        case .anthropic:
            return message.events(words, finish: finish).map {
                "event: \($0["type"]?.stringValue ?? "")\ndata: \($0.serialized())\n\n"
            }
        }
    }

    /// The answer in pieces of a word or so.
    private var words: [String] {
        answer.content.reduce(into: [String]()) { pieces, character in
            if character == " " || pieces.isEmpty {
                pieces.append(String(character))
            } else {
                pieces[pieces.count - 1].append(character)
            }
        }
    }
}
