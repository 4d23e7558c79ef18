public import Foundation
public import JSON
import Storage
public import Teachers

extension DatasetLineage {
    /// How many rows each split has, by its name.
    public var splits: [(name: String, rows: Int)] { tally(\.split) }
    /// Who labeled, and how many rows; rows without a note are left out.
    public var teachers: [(name: String, rows: Int)] { tally(\.teacher) }
    /// The models of the responses that the workspace holds, and how many rows.
    public var models: [(name: String, rows: Int)] { tally(\.model) }

    /// What the labels that the workspace holds cost in all.
    public var cost: USD { rows.compactMap(\.cost).reduce(.zero, +) }

    /// From the oldest to the newest interaction that the workspace holds; nil where it holds none.
    public var span: ClosedRange<Date>? {
        let times = rows.compactMap(\.time)
        guard let first = times.min(), let last = times.max() else { return nil }
        return first...last
    }

    /// The chain as people read it, a line for each link.
    public var lines: [String] {
        let count = rows.count
        let labels = rows.count { $0.cost != nil }
        let responses = rows.count { $0.model != nil }
        let interactions = rows.count { $0.time != nil }
        let unnoted = rows.count { $0.teacher == nil }
        var lines = [
            "dataset: \(dataset) of task \(task), curated \(Timestamp.text(created))",
            "rows: \(count), " + splits.map { "\($0.rows) \($0.name)" }.joined(separator: ", "),
            "labels: \(labels) of \(count) in the workspace, \(cost) in all" + DatasetLineage.by(teachers),
            "responses: \(responses) of \(count) in the workspace" + DatasetLineage.by(models),
            "interactions: \(interactions) of \(count) in the workspace"
                + (span.map { ", from \(Timestamp.text($0.lowerBound)) to \(Timestamp.text($0.upperBound))" } ?? ""),
        ]
        if unnoted > 0 {
            lines.append(
                "unknown: who labeled \(unnoted) rows; an earlier release curated them, or their file did not say")
        }
        let nameless = rows.count { $0.interaction == nil }
        if nameless > 0 { lines.append("unknown: the interactions of \(nameless) rows; their file did not name them") }
        return lines
    }

    /// The same with every row, as `Documentation/Formats/Registry.md` describes it.
    public var json: JSONValue {
        func counts(_ tally: [(name: String, rows: Int)]) -> JSONValue {
            .object(JSONObject(tally.map { (key: $0.name, value: .integer($0.rows)) }))
        }
        return [
            "digest": .string(dataset.description), "task": .string(task), "created": .string(Timestamp.text(created)),
            "splits": counts(splits), "teachers": counts(teachers), "models": counts(models),
            "cost_usd": .number(cost.dollars),
            "oldest": span.map { .string(Timestamp.text($0.lowerBound)) } ?? .null,
            "newest": span.map { .string(Timestamp.text($0.upperBound)) } ?? .null,
            "rows": .array(rows.map(\.json)),
        ]
    }

    private func tally(_ field: (Row) -> String?) -> [(name: String, rows: Int)] {
        Dictionary(grouping: rows.compactMap(field)) { $0 }.map { (name: $0.key, rows: $0.value.count) }
            .sorted { $0.name < $1.name }
    }

    private static func by(_ tally: [(name: String, rows: Int)]) -> String {
        tally.isEmpty ? "" : ", by " + tally.map { "\($0.name) (\($0.rows))" }.joined(separator: ", ")
    }
}

extension DatasetLineage.Row {
    var json: JSONValue {
        [
            "split": .string(split), "example": .string(example.description),
            "interaction": interaction.map { .string($0.description) } ?? .null,
            "time": time.map { .string(Timestamp.text($0)) } ?? .null,
            "teacher": teacher.map(JSONValue.string) ?? .null,
            "cost_usd": cost.map { .number($0.dollars) } ?? .null,
            "response": response.map { .string($0.description) } ?? .null,
            "model": model.map(JSONValue.string) ?? .null,
        ]
    }
}
