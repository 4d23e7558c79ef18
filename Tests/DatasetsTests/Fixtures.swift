import Datasets
import Foundation
import Interactions
import Randomness
import Storage
import Tasks
import TestSupport

func task(_ more: String = "") throws -> TaskDefinition { try TaskDefinition(yaml: minimalTask + "\n" + more) }

/// Examples as traffic has them: repeated, with other case, with a word more, in no order.
func traffic(_ count: Int, seed: UInt64) -> [LabeledExample] {
    var numbers = SplitMix64(seed: seed)
    let words = [
        "order", "refund", "parcel", "late", "broken", "money", "please", "invoice", "cancel", "where", "when",
    ]
    var inputs: [String] = []
    for _ in 0..<count {
        if let earlier = inputs.randomElement(using: &numbers), Int.random(in: 0..<10, using: &numbers) < 4 {
            let change = Int.random(in: 0..<3, using: &numbers)
            inputs.append(change == 0 ? earlier.uppercased() : change == 1 ? earlier + " " + words[0] : "  " + earlier)
        } else {
            let length = Int.random(in: 3..<12, using: &numbers)
            let chosen = (0..<length).map { _ in words.randomElement(using: &numbers) ?? "" }
            inputs.append(chosen.joined(separator: " ") + " \(Int.random(in: 0..<1000, using: &numbers))")
        }
    }
    return inputs.map { input in
        LabeledExample(
            interaction: ContentDigest(of: input),
            time: Timestamp.date(
                milliseconds: 1_790_000_000_000 + Int.random(in: 0..<10_000_000, using: &numbers) * 1000),
            input: input, label: ["track", "refund", "other"].randomElement(using: &numbers) ?? "other")
    }.shuffled(using: &numbers)
}

extension ScratchFolder {
    func workspace() throws -> Workspace { try Workspace(path: file("workspace")) }
}
