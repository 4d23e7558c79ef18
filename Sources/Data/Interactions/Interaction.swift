public import Conversations
public import Foundation
public import JSON
import PlainText
public import Storage

/// One request to a model and its answer, as a log kept them. `Documentation/Formats/Interaction.md` has the forms.
public struct Interaction: Sendable, Hashable, Identifiable {
    /// The digest of the canonical request, response and time: the same exchange has the same id in every log.
    public let id: ContentDigest
    public let time: Date
    /// What the caller tagged the request with: the task that it belongs to.
    public internal(set) var workload: String?
    /// Further tags that later pulls gave it in this workspace.
    public internal(set) var otherWorkloads: [String] = []
    public let client: String?
    /// The request as it was logged.
    public let request: JSONValue
    /// The answer as a `chat.completion`; a streamed one is reassembled.
    public let response: JSONValue
    /// What a ``DecisionRecord`` says beside request and response, if this came from our own server.
    public let decision: JSONValue?
    public let messages: [Message]
    /// The message of the answer that counts, the choice that the response numbers 0, else its first.
    public let answer: Message

    init(
        time: Date, workload: String?, client: String?, request: JSONValue, response: JSONValue,
        decision: JSONValue?, messages: [Message], answer: Message, id: ContentDigest? = nil
    ) {
        self.id = id ?? Interaction.identity(request: request, response: response, time: time)
        self.time = time
        self.workload = workload
        self.client = client
        self.request = request
        self.response = response
        self.decision = decision
        self.messages = messages
        self.answer = answer
    }

    /// Whether it may be used for a workload: it has the tag, or none at all. nil stands for any.
    public func isUsable(for wanted: String?) -> Bool {
        guard let wanted, let workload else { return true }
        return workload.isExactly(wanted) || otherWorkloads.contains { $0.isExactly(wanted) }
    }

    /// Its tag, where it has one alone.
    public var onlyTag: String? { otherWorkloads.isEmpty ? workload : nil }

    /// What a person should know of interactions with these tags that are all taken for one task; nil where that is right.
    public static func warning(ofTags tags: [String: Int]) -> String? {
        guard tags.count > 1 else { return nil }
        let most = tags.sorted { ($1.value, $0.key) < ($0.value, $1.key) }.prefix(5).map { "\($0.key) \($0.value)" }
        return "interactions of \(tags.count) workloads are taken for one task (\(most.joined(separator: ", "))"
            + "\(tags.count > 5 ? ", …" : "")); --workload takes those of one"
    }

    /// The model that answered; where the response does not say, the one that was asked.
    public var model: String? { response["model"]?.stringValue ?? request["model"]?.stringValue }
    /// `{prompt_tokens, completion_tokens, total_tokens, …}` as the response gave it.
    public var usage: JSONValue? { response["usage"] }

    private static func identity(request: JSONValue, response: JSONValue, time: Date) -> ContentDigest {
        var digest = ContentDigest.Accumulator()
        digest.update("retort.interaction/1\n\(Timestamp.milliseconds(time))\n")
        digest.update(request.serializedBytes(.canonical))
        digest.update([UInt8(ascii: "\n")])
        digest.update(response.serializedBytes(.canonical))
        return digest.finish()
    }

    /// The line that `retort-pull --output` writes; reading it again gives the same interaction.
    public var json: JSONValue {
        var object = JSONObject()
        object["id"] = .string(id.description)
        object["timestamp"] = .string(Timestamp.text(time))
        object["workload_id"] = workload.map(JSONValue.string)
        object["client_id"] = client.map(JSONValue.string)
        object["request"] = request
        object["response"] = response
        object["decision"] = decision
        return .object(object)
    }
}
