import Conversations
import Datasets
import Foundation
import Interactions
import Storage

let minimalTask = """
    name: intents
    labels:
      - {name: track, description: where is it, examples: ["where's my order?"]}
      - {name: refund}
      - {name: other}
    out_of_scope: other
    prompts:
      student: {system: "Name the intent.", user: "{input}"}
      teacher: {system: "Choose:\\n{labels}", user: "{input}"}
    """

func task(_ more: String = "") throws -> Datasets.Task { try Task(yaml: minimalTask + "\n" + more) }

/// A generator of numbers that gives the same ones for the same seed (SplitMix64).
struct Numbers: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = (state ^ (state >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

/// Examples as traffic has them: repeated, with other case, with a word more, in no order.
func traffic(_ count: Int, seed: UInt64) -> [LabeledExample] {
    var numbers = Numbers(state: seed)
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

final class Scratch {
    let path = NSTemporaryDirectory() + "retort-tests-\(UInt64.random(in: 0...UInt64.max))"
    init() throws { try AtomicFile.makeDirectory(path) }
    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String, text: String) throws -> String {
        try AtomicFile.write(text, to: "\(path)/\(name)")
        return "\(path)/\(name)"
    }

    func workspace() throws -> Workspace { try Workspace(path: "\(path)/workspace") }
}
