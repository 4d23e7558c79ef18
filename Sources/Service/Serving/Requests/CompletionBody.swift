import Foundation
import Inference
import JSON
import Storage

/// The bodies of one response, whole or as a stream of chunks, in OpenAI's shapes.
struct CompletionBody: Sendable {
    let identifier: String
    let created: Int
    let isChat: Bool
    let version: ServedVersion
    /// The messages that the version's task does not look at.
    private let ignoredMessages: [Int]
    private let includesUsage: Bool

    init(_ request: CompletionRequest, _ version: ServedVersion, now: Date) {
        isChat = request.isChat
        ignoredMessages = request.ignoredMessages(by: version)
        includesUsage = request.includesUsage
        identifier = (isChat ? "chatcmpl-" : "cmpl-") + UUID().uuidString.replacing("-", with: "").lowercased()
        created = Int(now.timeIntervalSince1970)
        self.version = version
    }

    /// The whole answer.
    func whole(_ answer: Answer) -> JSONValue {
        var choice = JSONObject()
        choice["index"] = 0
        if isChat {
            choice["message"] = [
                "role": "assistant", "content": answer.refusal == nil ? .string(answer.text) : .null,
                "refusal": answer.refusal.map(JSONValue.string) ?? .null,
            ]
        } else {
            choice["text"] = .string(answer.text)
        }
        choice["logprobs"] = logprobs(answer.tokens)
        choice["finish_reason"] = .string(answer.finish.rawValue)
        var object = head(isChat ? "chat.completion" : "text_completion")
        object["choices"] = [.object(choice)]
        object["usage"] = answer.usage
        object["retort"] = describe(answer)
        return .object(object)
    }

    /// The first chunk of a chat: who speaks.
    func opening() -> JSONValue? {
        guard isChat else { return nil }
        return chunk(delta: ["role": "assistant", "content": ""], finish: .null, retort: .object(version.json))
    }

    /// - Parameter tokens: those that begin in the text, where the request asks for them.
    func piece(_ text: String, _ tokens: [GeneratedToken]?) -> JSONValue {
        chunk(
            delta: isChat ? ["content": .string(text)] : .string(text), logprobs: logprobs(tokens), finish: .null,
            retort: nil)
    }

    /// What is said in place of an answer, as OpenAI says it.
    func refusal(_ words: String) -> JSONValue {
        chunk(delta: ["refusal": .string(words)], finish: .null, retort: nil)
    }

    func closing(_ answer: Answer) -> JSONValue {
        chunk(
            delta: isChat ? .object(JSONObject()) : "", finish: .string(answer.finish.rawValue),
            retort: describe(answer))
    }

    /// How the answer came about, and what of the request had no part in it.
    private func describe(_ answer: Answer) -> JSONValue {
        let said = answer.describe(version)
        guard !ignoredMessages.isEmpty, var object = said.objectValue else { return said }
        object["ignored_messages"] = .array(ignoredMessages.map { .integer($0) })
        return .object(object)
    }

    func usage(_ answer: Answer) -> JSONValue {
        var object = head(isChat ? "chat.completion.chunk" : "text_completion")
        object["choices"] = []
        object["usage"] = answer.usage
        return .object(object)
    }

    private func chunk(
        delta: JSONValue, logprobs: JSONValue = .null, finish: JSONValue, retort: JSONValue?
    ) -> JSONValue {
        var object = head(isChat ? "chat.completion.chunk" : "text_completion")
        object["choices"] = [
            ["index": 0, isChat ? "delta" : "text": delta, "logprobs": logprobs, "finish_reason": finish]
        ]
        // Where the usage is wanted, every chunk has the field, as OpenAI's have.
        if includesUsage { object["usage"] = .null }
        object["retort"] = retort
        return .object(object)
    }

    private func head(_ kind: String) -> JSONObject {
        JSONObject([
            (key: "id", value: .string(identifier)), (key: "object", value: .string(kind)),
            (key: "created", value: .integer(created)), (key: "model", value: .string(version.name)),
            (key: "system_fingerprint", value: .string("fp_\(version.artifact.short)")),
        ])
    }
}
