public import Foundation
import PlainText
import Storage

/// A named part of the examples that is reported on its own: those that meet every condition given.
public struct TaskSlice: Sendable {
    /// What a rule looks at.
    public struct Subject: Sendable {
        public var input: String
        /// The truth where one is known, otherwise the teacher's label.
        public var label: String?
        public var time: Date?

        public init(input: String, label: String?, time: Date?) {
            self.input = input
            self.label = label
            self.time = time
        }
    }

    public var name: String
    public var labels: [String]?
    /// Characters, inclusive.
    public var minimumLength: Int?
    public var maximumLength: Int?
    /// Any of these words or phrases, regardless of case, as whole words.
    public var keywords: [String]?
    /// A regular expression (ICU) that matches somewhere in the input, regardless of case.
    public var pattern: String?
    /// At this time or later.
    public var after: Date?
    private let expressions: [BoundedExpression]

    /// - Throws: Foundation's error when the pattern is not a regular expression.
    public init(
        name: String, labels: [String]? = nil, minimumLength: Int? = nil, maximumLength: Int? = nil,
        keywords: [String]? = nil, pattern: String? = nil, after: Date? = nil
    ) throws {
        self.name = name
        self.labels = labels
        self.minimumLength = minimumLength
        self.maximumLength = maximumLength
        self.keywords = keywords
        self.pattern = pattern
        self.after = after
        var patterns = pattern.map { [$0] } ?? []
        if let keywords {
            let words = keywords.map { NSRegularExpression.escapedPattern(for: $0) }.joined(separator: "|")
            // Look-arounds and not \b: a keyword may itself end in a sign, as "c++" does.
            patterns.append("(?<![\\p{L}\\p{N}])(?:\(words))(?![\\p{L}\\p{N}])")
        }
        expressions = try patterns.map { try BoundedExpression($0, ignoresCase: true) }
    }

    /// - Throws: ``TaskError`` where the pattern takes too long on the input.
    public func contains(_ subject: Subject) throws -> Bool {
        if let labels, !(subject.label.map(labels.contains) ?? false) { return false }
        if minimumLength != nil || maximumLength != nil {
            let length = subject.input.count
            if length < minimumLength ?? 0 || length > maximumLength ?? .max { return false }
        }
        if let after, subject.time.map({ $0 < after }) ?? true { return false }
        do {
            return try expressions.allSatisfy { try $0.matches(subject.input) }
        } catch {
            throw TaskError(
                "slice '\(name)': its pattern takes too long on an input of \(subject.input.utf8.count) bytes",
                hint: "write a simpler pattern, without repetitions inside of repetitions")
        }
    }
}
