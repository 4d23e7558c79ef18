import Conversations
public import Datasets
public import Foundation
public import Interactions
public import Storage

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

    /// The input of an interaction for a task; nil when it has none.
    public init?(_ interaction: Interaction, task: Task) {
        guard let input = task.input(of: interaction.messages) else { return nil }
        self.init(interaction: interaction.id, time: interaction.time, input: input)
    }

    var digest: ContentDigest { ContentDigest(of: input) }
}
