import Conversations
import Dialects
import Foundation
public import Interactions
import JSON
import Storage
public import Tasks

/// The texts of a task to label, in order, and how many interactions gave none.
public struct LabelInputs: Sendable {
    public var inputs: [LabelInput] = []
    /// Interactions of other workloads.
    public var otherWorkload = 0
    /// Interactions without a text to label.
    public var withoutInput = 0
    /// Interactions whose input holds more than text, and how many hold each kind of part.
    public var withOtherParts = 0
    public var otherParts: [String: Int] = [:]
    /// How many interactions with a text have each tag.
    public var tags: [String: Int] = [:]
    /// Interactions of several user messages of which the task takes one.
    public var withMoreMessages = 0

    /// The interactions of a workspace, by time; given a workload, only those tagged with it, or not at all.
    public init(_ store: InteractionStore, task: TaskDefinition, workload: String?) throws {
        try store.forEach { add($0, task: task, workload: workload) }
    }

    /// The interactions of a file, plain or gzip, or of standard input (`-`), in the file's order.
    ///
    /// - Throws: a ``LabelingError`` that names file and line.
    public init(path: String, task: TaskDefinition, workload: String?) throws {
        let reader = try JSONLinesReader(path: path)
        while let line = try reader.next() {
            let place = "\(reader.name), line \(line.number)"
            let json: JSONValue
            do {
                json = try line.value()
            } catch {
                throw LabelingError("\(place): \(error)")
            }
            do {
                add(try Interaction(record: json), task: task, workload: workload)
            } catch {
                let reason = error.rawValue.replacing("_", with: " ")
                throw LabelingError(
                    "\(place): not an interaction (\(reason)), expected a line of retort-pull's output",
                    hint: "retort-pull reads raw logs and drops what is broken")
            }
        }
    }

    private mutating func add(_ interaction: Interaction, task: TaskDefinition, workload: String?) {
        if !interaction.isUsable(for: workload) {
            otherWorkload += 1
            return
        }
        do {
            inputs.append(try LabelInput(reading: interaction, task: task))
            if let tag = interaction.onlyTag { tags[tag, default: 0] += 1 }
        } catch {
            switch error {
            case .noText: withoutInput += 1
            case .otherParts(let types):
                withOtherParts += 1
                for type in types { otherParts[type, default: 0] += 1 }
            }
            return
        }
        if task.input != .wholeConversation, interaction.messages.count(where: { $0.role == .user }) > 1 {
            withMoreMessages += 1
        }
    }
}
