public import Foundation

/// A reference that nothing stands for.
public struct SubstitutionError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    public var errorDescription: String? { description }
}

/// Replaces `${name}` and `${stage.key}` in the texts of a pipeline file.
struct Substitution {
    /// What becomes of a reference to what is not known.
    enum Unknown {
        case isRefused
        /// It stays as it is written: the stage that it needs has not run yet.
        case stays
        /// People see this instead.
        case isShown(as: String)
    }

    var values: [String: String]
    var unknown = Unknown.isRefused

    /// The text with every reference replaced; `$$` stands for one dollar sign.
    ///
    /// - Parameter place: what messages call the text: `stage train, arguments`.
    func apply(to text: String, place: String) throws -> String {
        try Substitution.parts(of: text, place: place).map { part in
            switch part {
            case .text(let text): return text
            case .reference(let name):
                if let value = values[name] { return value }
                switch unknown {
                case .stays: return "${\(name)}"
                case .isShown(let stand): return stand
                case .isRefused:
                    let known = values.keys.sorted().joined(separator: ", ")
                    throw SubstitutionError(
                        description: "\(place): '${\(name)}' is not known, expected one of \(known)")
                }
            }
        }.joined()
    }

    func apply(to texts: [String], place: String) throws -> [String] {
        try texts.map { try apply(to: $0, place: place) }
    }

    /// The names that a text refers to, in order.
    static func references(in text: String, place: String) throws -> [String] {
        try parts(of: text, place: place).compactMap { part in
            if case .reference(let name) = part { name } else { nil }
        }
    }

    private enum Part {
        case text(String)
        case reference(String)
    }

    private static func parts(of text: String, place: String) throws -> [Part] {
        var parts: [Part] = []
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            parts.append(.text(String(rest[..<dollar])))
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                parts.append(.text("$"))
                rest = rest.dropFirst()
            } else if rest.first == "{", let end = rest.firstIndex(of: "}") {
                parts.append(.reference(String(rest[rest.index(after: rest.startIndex)..<end])))
                rest = rest[rest.index(after: end)...]
            } else {
                throw SubstitutionError(description: "\(place): '$' must begin ${name}, or be written $$")
            }
        }
        return parts + [.text(String(rest))]
    }
}
