public import Conversations
public import Foundation
public import Storage

/// One answer of our own server and how it came about: a line of the decision log, which `retort-pull` reads as well.
///
/// `Documentation/Formats/DecisionRecord.md` describes the fields.
public struct DecisionRecord: Sendable, Hashable {
    /// What was decided, by which version, and why.
    public struct Decision: Sendable, Hashable {
        /// The adapter's registered name; nil when the base answered.
        public var adapter: String?
        public var version: Int?
        /// The digest of the artifact that answered.
        public var artifact: ContentDigest?
        /// The task's label, for a closed set.
        public var label: String?
        /// The probability of that label, 0 to 1.
        public var confidence: Double?
        /// The task's escalation threshold at that time.
        public var threshold: Double?
        /// Whether the frontier endpoint gave the answer.
        public var escalated: Bool
        /// Why: `confident`, `below_threshold`, `no_escalation`, ….
        public var cause: String
        public var latencyMilliseconds: Double

        public init(
            adapter: String? = nil, version: Int? = nil, artifact: ContentDigest? = nil, label: String? = nil,
            confidence: Double? = nil, threshold: Double? = nil, escalated: Bool = false, cause: String,
            latencyMilliseconds: Double
        ) {
            self.adapter = adapter
            self.version = version
            self.artifact = artifact
            self.label = label
            self.confidence = confidence
            self.threshold = threshold
            self.escalated = escalated
            self.cause = cause
            self.latencyMilliseconds = latencyMilliseconds
        }
    }

    public var time: Date
    /// The request body as it came in.
    public var request: JSONValue
    /// The response body as it went out; of a stream, the whole answer as a `chat.completion`.
    public var response: JSONValue
    /// The task's name.
    public var workload: String?
    public var decision: Decision

    public init(time: Date, request: JSONValue, response: JSONValue, workload: String?, decision: Decision) {
        self.time = time
        self.request = request
        self.response = response
        self.workload = workload
        self.decision = decision
    }

    public init(json: JSONValue) throws(DecisionRecordError) {
        guard let time = Timestamp.date(json["timestamp"]) else { throw .init(field: "timestamp") }
        guard let request = json["request"], request.objectValue != nil else { throw .init(field: "request") }
        guard let response = json["response"], response.objectValue != nil else { throw .init(field: "response") }
        guard let decision = json["decision"], decision.objectValue != nil else { throw .init(field: "decision") }
        guard let cause = decision["cause"]?.stringValue else { throw .init(field: "decision.cause") }
        guard let escalated = decision["escalated"]?.boolValue else { throw .init(field: "decision.escalated") }
        guard let latency = decision["latency_ms"]?.doubleValue else { throw .init(field: "decision.latency_ms") }
        self.init(
            time: time, request: request, response: response, workload: json["workload_id"]?.stringValue,
            decision: Decision(
                adapter: decision["adapter"]?.stringValue, version: decision["version"]?.integerValue,
                artifact: decision["artifact"]?.stringValue.flatMap(ContentDigest.init),
                label: decision["label"]?.stringValue, confidence: decision["confidence"]?.doubleValue,
                threshold: decision["threshold"]?.doubleValue, escalated: escalated, cause: cause,
                latencyMilliseconds: latency))
    }

    /// One line of the log, without its end.
    public var json: JSONValue {
        var object = JSONObject()
        object["timestamp"] = .string(Timestamp.text(time))
        object["request"] = request
        object["response"] = response
        object["workload_id"] = workload.map(JSONValue.string)
        object["decision"] = [
            "adapter": decision.adapter.map(JSONValue.string) ?? .null,
            "version": decision.version.map(JSONValue.integer) ?? .null,
            "artifact": decision.artifact.map { .string($0.description) } ?? .null,
            "label": decision.label.map(JSONValue.string) ?? .null,
            "confidence": decision.confidence.map(JSONValue.number) ?? .null,
            "threshold": decision.threshold.map(JSONValue.number) ?? .null,
            "escalated": .bool(decision.escalated), "cause": .string(decision.cause),
            "latency_ms": .number(decision.latencyMilliseconds),
        ]
        return .object(object)
    }
}

/// Which field keeps a JSON value from being a ``DecisionRecord``.
public struct DecisionRecordError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var field: String
    public var description: String { "a decision record: '\(field)' is missing or of the wrong kind" }
    public var errorDescription: String? { description }
}
