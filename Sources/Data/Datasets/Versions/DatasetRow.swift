public import Conversations
public import Dialects
public import Foundation
import Interactions
public import JSON
public import Storage

/// One line of a split: a conversation in the OpenAI fine-tune form, and what we know about it.
///
/// `Documentation/Formats/DatasetVersion.md` describes the fields.
public struct DatasetRow: Sendable, Hashable {
    public struct Metadata: Sendable, Hashable {
        /// The id of the ``LabeledExample``.
        public var id: ContentDigest
        public var input: String
        /// The teacher's label.
        public var label: String
        /// A truth that a person checked, which the answer is then.
        public var gold: String?
        public var time: Date?
        public var slices: [String]
        /// Rows of one group are nearly the same; no group is in two splits.
        public var group: String
        public var interaction: ContentDigest?
        /// How many examples had this very input.
        public var occurrences: Int

        /// What the right answer is, as far as is known.
        public var truth: String { gold ?? label }
    }

    public var messages: [Message]
    /// nil in files that others wrote.
    public var metadata: Metadata?
    /// A teacher's, of the last message. Written, but not read back: training reads the lines themselves.
    public var logprobs: TokenLogprobs?

    public init(messages: [Message], metadata: Metadata? = nil, logprobs: TokenLogprobs? = nil) {
        self.messages = messages
        self.metadata = metadata
        self.logprobs = logprobs
    }

    /// Reads a line. Only `messages` must be there; metadata, where it is there, must be whole.
    public init(json: JSONValue) throws(ExampleError) {
        guard let list = json["messages"]?.arrayValue else { throw .init("messages: missing, expected a list") }
        guard !list.isEmpty else { throw .init("messages: empty, expected one or more") }
        var messages: [Message] = []
        for (index, element) in list.enumerated() {
            do { messages.append(try Message(json: element)) } catch { throw .init("messages[\(index)]: \(error)") }
        }
        self.init(messages: messages)
        guard let written = json["metadata"], written["input"] != nil, written["label"] != nil else { return }
        let example = try LabeledExample(json: written)
        metadata = Metadata(
            id: example.id, input: example.input, label: example.label, gold: example.gold, time: example.time,
            slices: example.slices, group: written["group"]?.stringValue ?? example.id.short,
            interaction: example.interaction, occurrences: written["occurrences"]?.integerValue ?? 1)
    }

    public var json: JSONValue {
        var object = JSONObject()
        var said = messages.map(\.json)
        if let logprobs, var last = said.popLast()?.objectValue {
            last["logprobs"] = logprobs.json
            said.append(.object(last))
        }
        object["messages"] = .array(said)
        if let metadata {
            var fields = JSONObject()
            fields["id"] = .string(metadata.id.description)
            fields["input"] = .string(metadata.input)
            fields["label"] = .string(metadata.label)
            fields["gold"] = metadata.gold.map(JSONValue.string)
            fields["time"] = metadata.time.map { .string(Timestamp.text($0)) }
            fields["slices"] = .array(metadata.slices.map(JSONValue.string))
            fields["group"] = .string(metadata.group)
            fields["interaction"] = metadata.interaction.map { .string($0.description) }
            fields["occurrences"] = .integer(metadata.occurrences)
            object["metadata"] = .object(fields)
        }
        return .object(object)
    }

    /// Reads a split, or any file in the fine-tune form, plain or gzip.
    ///
    /// - Throws: ``DatasetError`` that names the file and the line.
    public static func rows(ofFile path: String) throws -> [DatasetRow] {
        let rows = try ExampleFile.read(path) { json, _ throws(ExampleError) in try DatasetRow(json: json) }
        if rows.isEmpty { throw DatasetError("\(path): no lines, expected JSON Lines with messages", kind: .empty) }
        return rows
    }
}
