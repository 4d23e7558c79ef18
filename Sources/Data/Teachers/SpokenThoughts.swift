import PlainText

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
        // Marks are looked for byte by byte: an answer may be megabytes long.
        var rest = Substring(text)
        while true {
            let begun = rest.drop(while: \.isWhitespace)
            guard let mark = marks.first(where: { begun.hasPrefix($0.opening) }) else { break }
            guard let end = begun.utf8.place(of: mark.closing.utf8) else { return nil }
            rest = begun[end.upperBound...].drop(while: \.isWhitespace)
        }
        for mark in marks {
            guard let end = rest.utf8.place(of: mark.closing.utf8) else { continue }
            if let opening = rest.utf8.place(of: mark.opening.utf8), opening.lowerBound < end.lowerBound {
                continue
            }
            return String(rest[end.upperBound...].drop(while: \.isWhitespace))
        }
        return String(rest)
    }
}
