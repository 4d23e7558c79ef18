import Conversations
import Inference
import Interactions
import Registry

/// An answer and how it came about.
struct Answer: Sendable {
    enum Finish: String, Sendable {
        case stop, length
    }

    var text: String
    var finish = Finish.stop
    var promptTokens: Int
    var completionTokens: Int
    /// The tokens of the text with their likelihoods, where the request asks for them.
    var tokens: [GeneratedToken]?
    /// Of the prompt, those whose keys and values were known.
    var cachedTokens = 0
    /// Where a closed-label task was answered.
    var label: String?
    /// The probability of the student's own best label.
    var confidence: Double?
    var threshold: Double?
    /// The frontier model that answered in the student's stead.
    var escalatedTo: String?
    var cause = Cause.free

    /// Why this answer was given by whom it was given.
    enum Cause: String, Sendable {
        /// Free text: there is no confidence to decide by.
        case free = "free_answer"
        case confident
        /// Below the threshold; the frontier endpoint answered.
        case belowThreshold = "below_threshold"
        /// Below the threshold, but no endpoint is configured.
        case noEscalation = "no_escalation"
        /// Below the threshold, but the endpoint gave no valid answer.
        case escalationFailed = "escalation_failed"
    }

    var usage: JSONValue {
        [
            "prompt_tokens": .integer(promptTokens), "completion_tokens": .integer(completionTokens),
            "total_tokens": .integer(promptTokens + completionTokens),
            "prompt_tokens_details": ["cached_tokens": .integer(cachedTokens)],
        ]
    }

    /// Adds how it came about to what is said of the version that answered.
    func describe(_ version: ServedVersion) -> JSONValue {
        var object = version.json
        if let label { object["label"] = .string(label) }
        if let confidence { object["confidence"] = .number(confidence) }
        if let threshold { object["threshold"] = .number(threshold) }
        object["escalated"] = .bool(escalatedTo != nil)
        if let escalatedTo { object["escalated_to"] = .string(escalatedTo) }
        object["cause"] = .string(cause.rawValue)
        return .object(object)
    }

    func decision(_ version: ServedVersion, milliseconds: Double) -> DecisionRecord.Decision {
        DecisionRecord.Decision(
            adapter: version.record?.name, version: version.record?.version, artifact: version.artifact, label: label,
            confidence: confidence, threshold: threshold, escalated: escalatedTo != nil, cause: cause.rawValue,
            latencyMilliseconds: milliseconds)
    }
}
