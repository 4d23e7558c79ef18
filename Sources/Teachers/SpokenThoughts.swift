/// Thoughts that a model writes into its text before the answer, between marks of its own.
public enum SpokenThoughts {
    private static let marks: [(opening: String, closing: String)] = [
        ("<think>", "</think>"), ("<thinking>", "</thinking>"), ("<thought>", "</thought>"),
        ("<reasoning>", "</reasoning>"), ("[THINK]", "[/THINK]"), ("◁think▷", "◁/think▷"),
        ("<seed:think>", "</seed:think>"),
    ]

    /// The text after its thoughts, as it is where it has none; nil where a thought does not end.
    ///
    /// A closing mark without an opening one ends a thought that the template had opened. Marks later in the answer are
    /// text.
    public static func answer(in text: String) -> String? {
        var rest = Substring(text)
        while let mark = marks.first(where: { rest.drop(while: \.isWhitespace).hasPrefix($0.opening) }) {
            guard let end = rest.firstRange(of: mark.closing) else { return nil }
            rest = withoutLineEnds(rest[end.upperBound...])
        }
        for mark in marks {
            guard let end = rest.firstRange(of: mark.closing) else { continue }
            if let opening = rest.firstRange(of: mark.opening), opening.lowerBound < end.lowerBound { continue }
            return String(withoutLineEnds(rest[end.upperBound...]))
        }
        return String(rest)
    }

    private static func withoutLineEnds(_ text: Substring) -> Substring { text.drop(while: \.isWhitespace) }
}
