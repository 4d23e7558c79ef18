public import Foundation
import JSON

/// Why an answer is none for a task. Says nothing of what the answer was.
public enum AnswerError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    case empty
    /// Not one of the task's labels.
    case outsideSet
    case notJSON
    /// Where the answer's JSON departs from the schema, and how.
    case schema([String])

    /// What is wrong with it.
    public var problem: String {
        switch self {
        case .empty: "empty, expected text"
        case .outsideSet: "outside the label set"
        case .notJSON: "not JSON, expected JSON by the task's schema"
        case .schema(let problems): problems.joined(separator: "; ")
        }
    }

    public var description: String { "the answer: \(problem)" }

    public var errorDescription: String? { description }
}

extension TaskDefinition {
    /// The label that an answer means, or for ``Kind/generation`` the answer as it is kept.
    ///
    /// A label is matched regardless of case, of white space, quotes or emphasis around it and of a full stop after
    /// it. JSON by a schema is returned compact; a code fence round it is taken off.
    public func label(fromAnswer answer: String) throws(AnswerError) -> String {
        let answer = TaskDefinition.trimmed(answer)
        guard !answer.isEmpty else { throw .empty }
        switch kind {
        case .classification:
            let bare = TaskDefinition.bare(answer).lowercased()
            guard let label = labels.first(where: { $0.name == answer || $0.name.lowercased() == bare }) else {
                throw .outsideSet
            }
            return label.name
        case .generation:
            guard let answerSchema else { return answer }
            let document: JSONDocument
            do { document = try JSONDocument(parsing: TaskDefinition.unfenced(answer).utf8) } catch { throw .notJSON }
            let problems = answerSchema.problems(of: document.value)
            guard problems.isEmpty else { throw .schema(problems) }
            // Of two values for one key nobody knows which was meant.
            guard document.repeatedKeys == 0 else { throw .schema(["a key twice, expected each once"]) }
            return document.value.serialized()
        }
    }

    /// Answers that the schema allows in place of one that departs from it only in values of closed sets; empty for any
    /// other departure, and where there are more than `limit`.
    public func corrections(ofAnswer answer: String, limit: Int) -> [String] {
        guard let answerSchema else { return [] }
        let text = TaskDefinition.unfenced(TaskDefinition.trimmed(answer))
        guard let document = try? JSONDocument(parsing: text.utf8), document.repeatedKeys == 0 else { return [] }
        return answerSchema.corrections(of: document.value, limit: limit).map { $0.serialized() }
    }

    private static func bare(_ answer: String) -> String {
        let around: Set<Character> = ["\"", "'", "`", "*", "“", "”", "‘", "’", ".", " "]
        let start = answer.drop { around.contains($0) }
        return String(start.reversed().drop { around.contains($0) }.reversed())
    }

    private static func unfenced(_ answer: String) -> String {
        guard answer.hasPrefix("```"), answer.hasSuffix("```"), let lineEnd = answer.firstIndex(where: \.isNewline),
            answer.count > 6
        else { return answer }
        return String(answer[lineEnd...].dropLast(3))
    }
}
