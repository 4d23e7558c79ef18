import Answering
import Dialects
import Inference
import JSON
import Registry
import Tasks

/// An answer and how it came about.
struct Answer: Sendable {
    enum Finish: String, Sendable {
        case stop, length
    }

    var text: String
    /// What is said in place of an answer that cannot be given; ``text`` is then empty.
    var refusal: String?
    var finish = Finish.stop
    var promptTokens: Int
    var completionTokens: Int
    /// The tokens of the text with their likelihoods, where the request asks for them.
    var tokens: [GeneratedToken]?
    /// Of the prompt, those whose keys and values were known.
    var cachedTokens = 0
    /// Where a closed-label task was answered.
    var label: String?
    /// How sure the student was of its own answer.
    var confidence: Double?
    var threshold: Double?
    /// The frontier model that answered in the student's stead.
    var escalatedTo: String?
    /// The name by which it was asked.
    var askedModel: String?
    var cause = Cause.free
    /// What the student itself said, for the decision log; nil where there is no task.
    var student: DecisionRecord.Student?

    /// Why this answer was given by whom it was given.
    enum Cause: String, Sendable {
        /// Generated text without a threshold: there is nothing to decide by.
        case free = "free_answer"
        case confident
        /// Below the threshold; the frontier endpoint answered.
        case belowThreshold = "below_threshold"
        /// Below the threshold, but no endpoint is configured.
        case noEscalation = "no_escalation"
        // Where an answer should have been escalated and was not, our own stands, or a refusal where that may not.
        /// The endpoint gave no valid answer.
        case escalationFailed = "escalation_failed"
        /// The request's time was up before the endpoint answered.
        case escalationLate = "escalation_late"
        /// As many requests were escalated at once as may be, until the request's time was up.
        case escalationBusy = "escalation_busy"
        /// Its turn under the limit a minute would have come too late.
        case escalationRate = "escalation_rate"
        /// The day's money is spent, or too little of it is left.
        case escalationBudget = "escalation_budget"
        /// The endpoint failed too often in a row, and is left alone for a while.
        case escalationSuspended = "escalation_suspended"
        /// What was generated breaks the task's schema, or is empty: the frontier endpoint answered, or a refusal did.
        case invalidAnswer = "invalid_answer"
        /// The request's own `max_tokens` or `stop` ended the answer before the task would allow it: it is given as it is.
        case cutByRequest = "cut_by_request"
        /// The student's scores were no numbers: the frontier endpoint answered.
        case notANumber = "not_a_number"
        /// A value that the task's schema does not allow was replaced by the likeliest that it does.
        case repaired
    }

    var usage: JSONValue {
        OpenAIChat.usage(prompt: promptTokens, completion: completionTokens, cached: cachedTokens)
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

    func decision(
        _ version: ServedVersion, client: String?, settings: ServingSettings, milliseconds: Double
    ) -> DecisionRecord.Decision {
        DecisionRecord.Decision(
            adapter: version.record?.name, version: version.record?.version, artifact: version.artifact,
            task: version.taskDigest, labelTask: version.labelTaskDigest, client: client, label: label,
            confidence: confidence, threshold: threshold, escalated: escalatedTo != nil, escalatedTo: escalatedTo,
            askedModel: askedModel,
            cause: cause.rawValue, student: student,
            settings: settings.digest, latencyMilliseconds: milliseconds)
    }
}

extension Answer {
    /// A student's answer, before it is decided whether it stands.
    init(_ answer: TaskAnswer, _ responder: TaskResponder) {
        text = answer.text
        finish = answer.isCut ? .length : .stop
        promptTokens = answer.promptTokenCount
        completionTokens = answer.tokenCount
        tokens = answer.tokens
        cachedTokens = answer.cachedTokenCount
        label = responder.isClosed && answer.verdict != .notANumber ? answer.text : nil
        confidence = answer.confidence
        threshold = responder.threshold
        cause = answer.isRepaired ? .repaired : responder.isClosed || responder.threshold > 0 ? .confident : .free
        student = DecisionRecord.Student(
            answer: answer.verdict == .notANumber ? nil : answer.text, confidence: answer.confidence,
            scores: zip(responder.task.labelNames, answer.probabilities).map { .init(label: $0, probability: $1) })
    }
}
