import Conversations
public import Dialects
public import Foundation
import Interactions
public import JSON
import PlainText
public import Storage

/// An input and the label that a teacher, or a person, gave it: one line of `retort-label`'s output.
///
/// `Documentation/Formats/LabeledExample.md` describes the fields.
public struct LabeledExample: Sendable, Hashable, Identifiable {
    /// Where the label came from.
    public struct Source: Sendable, Hashable {
        /// The endpoint, or who it was.
        public var teacher: String
        public var model: String?
        /// The digest of the teacher's response.
        public var response: ContentDigest?
        public var costUSD: Double

        public init(teacher: String, model: String? = nil, response: ContentDigest? = nil, costUSD: Double = 0) {
            self.teacher = teacher
            self.model = model
            self.response = response
            self.costUSD = costUSD
        }
    }

    /// The digest of interaction, time, input, label and the model that labeled.
    public let id: ContentDigest
    public var interaction: ContentDigest?
    public var time: Date?
    public var input: String
    public var label: String
    /// A truth that a person checked.
    public var gold: String?
    public var slices: [String]
    public var source: Source?
    /// What the teacher thought of the label's tokens and of those that might have stood in their places.
    public var logprobs: TokenLogprobs?

    public init(
        interaction: ContentDigest?, time: Date?, input: String, label: String, gold: String? = nil,
        slices: [String] = [], source: Source? = nil, logprobs: TokenLogprobs? = nil, id: ContentDigest? = nil
    ) {
        self.interaction = interaction
        self.time = time
        self.input = input
        self.label = label
        self.gold = gold
        self.slices = slices
        self.source = source
        self.logprobs = logprobs
        let identity: JSONValue = [
            "interaction": interaction.map { .string($0.description) } ?? .null,
            "time": time.map { .string(Timestamp.text($0)) } ?? .null, "input": .string(input),
            "label": .string(label), "model": source?.model.map(JSONValue.string) ?? .null,
        ]
        self.id = id ?? ContentDigest(of: identity.serialized(.canonical))
    }

    /// The same example with the id that its content gives.
    var withOwnID: LabeledExample {
        LabeledExample(
            interaction: interaction, time: time, input: input, label: label, gold: gold, slices: slices,
            source: source, logprobs: logprobs)
    }

    /// Reads a line. `input` and `label` are enough; everything else may be missing.
    public init(json: JSONValue) throws(ExampleError) {
        guard json.objectValue != nil else { throw .init("\(json.kindName), expected an object") }
        func text(_ key: String) throws(ExampleError) -> String? {
            switch json[key] {
            case nil, .null?: return nil
            case .string(let text)?: return text
            case let other?: throw .init("\(key): \(other.kindName), expected a text")
            }
        }
        func digest(_ key: String) throws(ExampleError) -> ContentDigest? {
            guard let text = try text(key) else { return nil }
            guard let digest = ContentDigest(text) else {
                throw .init("\(key): not a digest, expected sha256: and 64 hexadecimal digits")
            }
            return digest
        }
        func visible(_ key: String) throws(ExampleError) -> String? {
            guard let text = try text(key) else { return nil }
            if text.isBlank { throw .init("\(key): blank, expected a text") }
            return text
        }
        guard let input = try visible("input") else { throw .init("input: missing, expected a text") }
        guard let label = try visible("label") else { throw .init("label: missing, expected a text") }
        let slices = json["slices"] ?? .array([])
        let sliceNames = slices.arrayValue?.compactMap(\.stringValue) ?? []
        guard slices.isNull || slices.arrayValue?.count == sliceNames.count else {
            throw .init("slices: not a list of texts, expected one")
        }
        var time: Date?
        if let written = json["time"], !written.isNull {
            time = Timestamp.date(written)
            if time == nil { throw .init("time: not a time, expected \(Timestamp.forms)") }
        }
        var source: Source?
        if let object = json["source"], !object.isNull {
            source = Source(
                teacher: object["teacher"]?.stringValue ?? "", model: object["model"]?.stringValue,
                response: object["response"]?.stringValue.flatMap(ContentDigest.init),
                costUSD: object["cost_usd"]?.doubleValue ?? 0)
        }
        var logprobs: TokenLogprobs?
        if let stored = json["logprobs"], !stored.isNull {
            do {
                logprobs = try TokenLogprobs(stored, answer: label, label: label)
            } catch {
                throw .init("logprobs: \(error)")
            }
        }
        self.init(
            interaction: try digest("interaction"), time: time, input: input, label: label, gold: try visible("gold"),
            slices: sliceNames, source: source, logprobs: logprobs,
            id: try digest("id"))
    }

    public var json: JSONValue {
        var object = JSONObject()
        object["id"] = .string(id.description)
        object["interaction"] = interaction.map { .string($0.description) }
        object["time"] = time.map { .string(Timestamp.text($0)) }
        object["input"] = .string(input)
        object["label"] = .string(label)
        object["gold"] = gold.map(JSONValue.string)
        object["slices"] = .array(slices.map(JSONValue.string))
        if let source {
            object["source"] = [
                "teacher": .string(source.teacher), "model": source.model.map(JSONValue.string) ?? .null,
                "response": source.response.map { .string($0.description) } ?? .null,
                "cost_usd": .number(source.costUSD),
            ]
        }
        object["logprobs"] = logprobs?.json
        return .object(object)
    }
}

/// Why a line is not an example, without its content; readers put file and line before it.
public struct ExampleError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public init(_ description: String) { self.description = description }
    public var errorDescription: String? { description }
}
