import JSON
import PlainText
import Storage
public import Tasks

/// Truths that a person checked, by the exact text of the input.
public struct GoldTruths: Sendable {
    private struct Truth {
        var label: String
        var line: Int
    }

    private let truths: [ExactText: Truth]
    private let path: String

    public var count: Int { truths.count }

    public init() {
        truths = [:]
        path = ""
    }

    /// Reads lines of `{"input", "label"}`.
    ///
    /// - Throws: ``DatasetError`` naming the line of a label outside the set, and of an input that an earlier line
    ///   labels otherwise.
    public init(path: String, task: TaskDefinition) throws {
        let known = Set(task.labelNames.map(ExactText.init))
        var truths: [ExactText: Truth] = [:]
        _ = try ExampleFile.read(path) { json, line throws(ExampleError) in
            let input = TaskDefinition.trimmed(try GoldTruths.text(json, "input"))
            let text = try GoldTruths.text(json, "label")
            let label = try task.label(ofFile: text, key: "label", known: known)
            let earlier = truths.updateValue(Truth(label: label, line: line), forKey: ExactText(input))?.label
            if let earlier, !earlier.isExactly(label) {
                throw ExampleError(
                    "label: '\(label.prefix(60))', but an earlier line has '\(earlier.prefix(60))' for the same input")
            }
        }
        self.truths = truths
        self.path = path
    }

    private static func text(_ json: JSONValue, _ key: String) throws(ExampleError) -> String {
        guard let text = json[key]?.stringValue else {
            throw ExampleError("\(key): \(json[key]?.kindName ?? "missing"), expected a text")
        }
        guard !text.isBlank else { throw ExampleError("\(key): blank, expected a text") }
        return text
    }

    func label(for input: String) -> String? { truths[ExactText(TaskDefinition.trimmed(input))]?.label }

    /// What a person should know of the truths whose inputs none of these are; nil where there are none.
    func warning(matched: Set<ExactText>, inputs: Set<ComparableText>) -> String? {
        let unmatched = truths.filter { !matched.contains($0.key) }.sorted { $0.value.line < $1.value.line }
        guard !unmatched.isEmpty else { return nil }
        let similar = unmatched.count { inputs.contains(ComparableText($0.key.text)) }
        let lines = unmatched.prefix(5).map { "\(path):\($0.value.line)" }.joined(separator: ", ")
        let more = unmatched.count > 5 ? ", …" : ""
        let near = similar == 0 ? "" : "; \(similar) of them would but for case, white space or forms of characters"
        return "\(unmatched.count) of \(count) checked truths match no input (\(lines)\(more))\(near)"
    }
}
