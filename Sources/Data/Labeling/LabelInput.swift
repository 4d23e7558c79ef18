import Conversations
public import Foundation
public import Interactions
import JSON
public import Storage
public import Tasks

/// A text to label, and the interaction that it comes from.
public struct LabelInput: Sendable, Hashable {
    public var interaction: ContentDigest?
    public var time: Date?
    public var input: String

    public init(interaction: ContentDigest?, time: Date?, input: String) {
        self.interaction = interaction
        self.time = time
        self.input = input
    }

    /// Why an interaction has no text to label.
    public enum Absence: Error, Sendable, Hashable {
        case noText
        /// The messages of the input hold more than text: pictures, sound, files. The student sees none of them, so that
        /// a label that needs them would teach it to guess.
        case otherParts(Set<String>)
    }

    /// The input of an interaction for a task; nil when it has none.
    public init?(_ interaction: Interaction, task: TaskDefinition) {
        do { try self.init(reading: interaction, task: task) } catch { return nil }
    }

    /// The input of an interaction for a task.
    ///
    /// - Throws: why it has none.
    public init(reading interaction: Interaction, task: TaskDefinition) throws(Absence) {
        let parts = LabelInput.otherParts(LabelInput.messages(of: interaction, task))
        guard parts.isEmpty else { throw .otherParts(parts) }
        guard let input = task.input(of: interaction.messages) else { throw .noText }
        self.init(interaction: interaction.id, time: interaction.time, input: input)
    }

    var digest: ContentDigest { ContentDigest(of: input) }

    /// The messages that make the input, as they were logged.
    private static func messages(of interaction: Interaction, _ task: TaskDefinition) -> [JSONValue] {
        let logged = interaction.request["messages"]?.arrayValue ?? []
        return task.inputPlaces(in: interaction.messages).filter(logged.indices.contains).map { logged[$0] }
    }

    /// Types of content parts that are part of what was said, and are neither text nor thoughts.
    private static func otherParts(_ messages: [JSONValue]) -> Set<String> {
        let silent = Message.textPartTypes.union(["thinking", "redacted_thinking", "reasoning"])
        let types = messages.flatMap { $0["content"]?.arrayValue ?? [] }.compactMap { $0["type"]?.stringValue }
        return Set(types).subtracting(silent)
    }
}
