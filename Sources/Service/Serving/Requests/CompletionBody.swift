import Dialects
import Foundation
import Inference
import JSON
import Storage

/// The bodies of one response, whole or as a stream of chunks, in OpenAI's shapes.
struct CompletionBody: Sendable {
    let version: ServedVersion
    private let writer: CompletionWriter
    /// The messages that the version's task does not look at.
    private let ignoredMessages: [Int]

    init(_ request: CompletionRequest, _ version: ServedVersion, now: Date) {
        self.version = version
        ignoredMessages = request.ignoredMessages(by: version)
        let number = UUID().uuidString.replacing("-", with: "").lowercased()
        writer = CompletionWriter(
            id: (request.isChat ? "chatcmpl-" : "cmpl-") + number, created: Int(now.timeIntervalSince1970),
            model: .string(version.name), fingerprint: "fp_\(version.artifact.short)", isChat: request.isChat,
            chunksHaveUsage: request.includesUsage)
    }

    /// The whole answer.
    func whole(_ answer: Answer) -> JSONValue {
        var object = writer.whole(
            answer.text, refusal: answer.refusal, logprobs: logprobs(answer.tokens), finish: answer.finish.rawValue,
            usage: answer.usage)
        object["retort"] = describe(answer)
        return .object(object)
    }

    /// The first chunk of a chat: who speaks.
    func opening() -> JSONValue? {
        guard writer.isChat else { return nil }
        var object = writer.opening()
        object["retort"] = .object(version.json)
        return .object(object)
    }

    /// - Parameter tokens: those that begin in the text, where the request asks for them.
    func piece(_ text: String, _ tokens: [GeneratedToken]?) -> JSONValue {
        .object(writer.piece(text, logprobs: logprobs(tokens)))
    }

    /// What is said in place of an answer, as OpenAI says it.
    func refusal(_ words: String) -> JSONValue { .object(writer.refusal(words)) }

    func closing(_ answer: Answer) -> JSONValue {
        var object = writer.closing(finish: answer.finish.rawValue)
        object["retort"] = describe(answer)
        return .object(object)
    }

    func usage(_ answer: Answer) -> JSONValue { .object(writer.usage(answer.usage)) }

    /// How the answer came about, and what of the request had no part in it.
    private func describe(_ answer: Answer) -> JSONValue {
        let said = answer.describe(version)
        guard !ignoredMessages.isEmpty, var object = said.objectValue else { return said }
        object["ignored_messages"] = .array(ignoredMessages.map { .integer($0) })
        return .object(object)
    }
}
