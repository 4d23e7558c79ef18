extension Unicode.Scalar {
    /// Whether a terminal obeys this character, or a reader is misled by it, where he expects to see one: control characters,
    /// with which escape sequences begin; ends of lines, tabs; and marks that turn the direction of what follows.
    var isSteering: Bool {
        switch properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator: true
        default: (0x202A...0x202E).contains(value) || (0x2066...0x2069).contains(value)
        }
    }
}

extension StringProtocol {
    /// What keeps this text from being one line of words, in an error's words; nil where nothing does.
    public var flawAsLine: String? {
        if isBlank { return "empty, expected words" }
        guard unicodeScalars.contains(where: \.isSteering) else { return nil }
        return "a control character or a line break, expected one line of text"
    }

    /// This text with its control characters shown instead of obeyed: `\n`, `\u{1B}`. Tabs stay.
    ///
    /// - Parameter keepingLines: whether it is several lines, whose ends stay as well.
    public func escaped(keepingLines: Bool = false) -> String {
        // Most of what is printed needs a look only.
        if utf8.allSatisfy({ 0x20...0x7E ~= $0 || $0 == 0x09 }) { return String(self) }
        var shown = String.UnicodeScalarView()
        for scalar in unicodeScalars {
            switch scalar {
            case "\t": shown.append(scalar)
            case "\n" where keepingLines: shown.append(scalar)
            case "\n": shown.append(contentsOf: "\\n".unicodeScalars)
            case "\r": shown.append(contentsOf: "\\r".unicodeScalars)
            case _ where scalar.isSteering:
                shown.append(contentsOf: "\\u{\(String(scalar.value, radix: 16, uppercase: true))}".unicodeScalars)
            default: shown.append(scalar)
            }
        }
        return String(shown)
    }
}
