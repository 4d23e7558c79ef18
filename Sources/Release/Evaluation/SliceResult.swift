public import JSON
import Tasks

/// What a system reached on a named part of a split.
public struct SliceResult: Sendable, Hashable {
    public var name: String
    public var count: Int
    public var accuracy: Estimate
    public var agreement: Estimate

    /// The slices of the task in its order, then any others that rows name; those without examples are left out.
    static func slices(
        task: TaskDefinition, examples: [EvaluationExample], isRight: [Bool], agrees: [Bool]
    ) -> [SliceResult] {
        var members: [String: [Int]] = [:]
        for (index, example) in examples.enumerated() {
            for slice in Set(example.slices) { members[slice, default: []].append(index) }
        }
        let ordered = task.slices.map(\.name)
        let others = members.keys.filter { !ordered.contains($0) }.sorted()
        return (ordered + others).compactMap { name in
            guard let places = members[name] else { return nil }
            return SliceResult(
                name: name, count: places.count,
                accuracy: .proportion(places.count { isRight[$0] }, of: places.count),
                agreement: .proportion(places.count { agrees[$0] }, of: places.count))
        }
    }

    public var json: JSONValue {
        ["name": .string(name), "count": .integer(count), "accuracy": accuracy.json, "agreement": agreement.json]
    }
}
