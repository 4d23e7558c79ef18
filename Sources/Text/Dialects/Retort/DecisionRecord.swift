public import Foundation
public import JSON
public import Storage

/// One answer of our own server and how it came about: a line of the decision log, which `retort-pull` reads as well.
///
/// `Documentation/Formats/DecisionRecord.md` describes the fields.
public struct DecisionRecord: Sendable, Hashable {
    /// What the student itself said, whoever answered in the end.
    public struct Student: Sendable, Hashable {
        /// The probability of one label among the labels.
        public struct Score: Sendable, Hashable {
            public var label: String
            public var probability: Double

            public init(label: String, probability: Double) {
                self.label = label
                self.probability = probability
            }
        }

        /// Its label, or the text that it generated; nil where its scores were no numbers.
        public var answer: String?
        public var confidence: Double?
        /// Every label's probability, for a closed set; empty for generated text.
        public var scores: [Score]

        public init(answer: String?, confidence: Double?, scores: [Score] = []) {
            self.answer = answer
            self.confidence = confidence
            self.scores = scores
        }
    }

    /// What was decided, by which version, and why.
    public struct Decision: Sendable, Hashable {
        /// The adapter's registered name; nil when the base answered.
        public var adapter: String?
        public var version: Int?
        /// The digest of the artifact that answered.
        public var artifact: ContentDigest?
        /// The digest of the task that was answered; nil for none.
        public var task: ContentDigest?
        /// The digest of what that task's labels depend on: the same for another threshold or gate.
        public var labelTask: ContentDigest?
        /// The client whose key the request came with, as the server's file names it; nil where it names none.
        public var client: String?
        /// The label that was answered, for a closed set.
        public var label: String?
        /// The student's confidence in its own answer, 0 to 1.
        public var confidence: Double?
        /// The task's escalation threshold at that time.
        public var threshold: Double?
        /// Whether the frontier endpoint gave the answer.
        public var escalated: Bool
        /// The frontier model that gave the answer.
        public var escalatedTo: String?
        /// The name by which that model was asked.
        public var askedModel: String?
        /// Why: `confident`, `below_threshold`, `no_escalation`, ….
        public var cause: String
        /// What the student said; nil where there is no task.
        public var student: Student?
        /// The digest of all settings that the answer depended on beside the request.
        public var settings: ContentDigest?
        public var latencyMilliseconds: Double

        public init(
            adapter: String? = nil, version: Int? = nil, artifact: ContentDigest? = nil, task: ContentDigest? = nil,
            labelTask: ContentDigest? = nil,
            client: String? = nil, label: String? = nil, confidence: Double? = nil, threshold: Double? = nil,
            escalated: Bool = false,
            escalatedTo: String? = nil, askedModel: String? = nil, cause: String, student: Student? = nil,
            settings: ContentDigest? = nil,
            latencyMilliseconds: Double
        ) {
            self.adapter = adapter
            self.version = version
            self.artifact = artifact
            self.task = task
            self.labelTask = labelTask
            self.client = client
            self.label = label
            self.confidence = confidence
            self.threshold = threshold
            self.escalated = escalated
            self.escalatedTo = escalatedTo
            self.askedModel = askedModel
            self.cause = cause
            self.student = student
            self.settings = settings
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
                task: decision["task"]?.stringValue.flatMap(ContentDigest.init),
                labelTask: decision["label_task"]?.stringValue.flatMap(ContentDigest.init),
                client: decision["client"]?.stringValue, label: decision["label"]?.stringValue,
                confidence: decision["confidence"]?.doubleValue,
                threshold: decision["threshold"]?.doubleValue, escalated: escalated,
                escalatedTo: decision["escalated_to"]?.stringValue,
                askedModel: decision["asked_model"]?.stringValue, cause: cause,
                student: decision["student"].flatMap(Student.init(json:)),
                settings: decision["settings"]?.stringValue.flatMap(ContentDigest.init),
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
            "task": decision.task.map { .string($0.description) } ?? .null,
            "label_task": decision.labelTask.map { .string($0.description) } ?? .null,
            "client": decision.client.map(JSONValue.string) ?? .null,
            "label": decision.label.map(JSONValue.string) ?? .null,
            "confidence": decision.confidence.map(JSONValue.number) ?? .null,
            "threshold": decision.threshold.map(JSONValue.number) ?? .null,
            "escalated": .bool(decision.escalated),
            "escalated_to": decision.escalatedTo.map(JSONValue.string) ?? .null,
            "asked_model": decision.askedModel.map(JSONValue.string) ?? .null, "cause": .string(decision.cause),
            "student": decision.student?.json ?? .null,
            "settings": decision.settings.map { .string($0.description) } ?? .null,
            "latency_ms": .number(decision.latencyMilliseconds),
        ]
        return .object(object)
    }
}

extension DecisionRecord.Student {
    /// Nil for what is no object.
    init?(json: JSONValue) {
        guard json.objectValue != nil else { return nil }
        let scores = json["scores"]?.objectValue?.members ?? []
        self.init(
            answer: json["answer"]?.stringValue, confidence: json["confidence"]?.doubleValue,
            scores: scores.compactMap { score in
                score.value.doubleValue.map { Score(label: score.key, probability: $0) }
            })
    }

    var json: JSONValue {
        var object = JSONObject()
        object["answer"] = answer.map(JSONValue.string) ?? .null
        object["confidence"] = confidence.map(JSONValue.number) ?? .null
        if !scores.isEmpty {
            object["scores"] = .object(JSONObject(scores.map { (key: $0.label, value: .number($0.probability)) }))
        }
        return .object(object)
    }
}

/// Which field keeps a JSON value from being a ``DecisionRecord``.
public struct DecisionRecordError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var field: String
    public var description: String { "a decision record: '\(field)' is missing or of the wrong kind" }
    public var errorDescription: String? { description }
}
