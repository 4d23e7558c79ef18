/// A text with places for `{input}`, `{labels}` and `{label_names}`. `{{input}}` stands for the literal `{input}`;
/// braces around anything but a word are left alone, so that JSON needs no escapes.
public struct PromptTemplate: Sendable, Hashable {
    public enum Placeholder: String, Sendable, CaseIterable {
        case input
        /// One line a label: `- name: description`.
        case labels
        /// `name, name, name`.
        case labelNames = "label_names"
    }

    private enum Piece: Sendable, Hashable {
        case text(String)
        case place(Placeholder)
    }

    /// As it was written.
    public let source: String
    private let pieces: [Piece]
    /// Words in braces that are not placeholders.
    let unknown: [String]

    public init(_ source: String) {
        self.source = source
        var pieces: [Piece] = []
        var unknown: [String] = []
        var text = ""
        var rest = Substring(source)
        while let brace = rest.firstIndex(of: "{") {
            text += rest[..<brace]
            rest = rest[brace...]
            let isLiteral = rest.hasPrefix("{{")
            let inside = rest.dropFirst(isLiteral ? 2 : 1)
            let word = inside.prefix { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") }
            let closing = isLiteral ? "}}" : "}"
            guard word.first?.isLetter == true, inside[word.endIndex...].hasPrefix(closing) else {
                text.append("{")
                rest = rest.dropFirst()
                continue
            }
            rest = inside[word.endIndex...].dropFirst(closing.count)
            if isLiteral {
                text += "{\(word)}"
            } else if let placeholder = Placeholder(rawValue: String(word)) {
                if !text.isEmpty { pieces.append(.text(text)) }
                text = ""
                pieces.append(.place(placeholder))
            } else {
                unknown.append(String(word))
            }
        }
        text += rest
        if !text.isEmpty { pieces.append(.text(text)) }
        self.pieces = pieces
        self.unknown = unknown
    }

    public var isEmpty: Bool { pieces.isEmpty }

    func uses(_ placeholder: Placeholder) -> Bool { pieces.contains(.place(placeholder)) }

    /// The text with every place filled. What is filled in is not searched for placeholders again.
    public func rendered(input: String, labels: [TaskDefinition.Label]) -> String {
        var result = ""
        for piece in pieces {
            switch piece {
            case .text(let text): result += text
            case .place(.input): result += input
            case .place(.labels): result += labels.map(PromptTemplate.line).joined(separator: "\n")
            case .place(.labelNames): result += labels.map(\.name).joined(separator: ", ")
            }
        }
        return result
    }

    private static func line(of label: TaskDefinition.Label) -> String {
        var line = "- \(label.name)"
        if !label.description.isEmpty { line += ": \(label.description)" }
        if !label.examples.isEmpty {
            line += " (for example: \(label.examples.map { "\"\($0)\"" }.joined(separator: "; ")))"
        }
        return line
    }
}
