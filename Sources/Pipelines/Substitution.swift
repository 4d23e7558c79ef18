public import Foundation

/// A reference that nothing stands for.
public struct SubstitutionError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public var description: String
    public var errorDescription: String? { description }
}

/// Replaces `${name}` and `${stage.key}` in the arguments of a pipeline file.
struct Substitution {
    var values: [String: String]
    /// Whether a reference to what is not known stays as it is written, for a stage whose needs were never run.
    var keepsUnknown = false

    /// The text with every reference replaced; `$$` stands for one dollar sign.
    ///
    /// - Parameter place: what messages call the text: `stage train, arguments`.
    func apply(to text: String, place: String) throws -> String {
        var result = ""
        var rest = text[...]
        while let dollar = rest.firstIndex(of: "$") {
            result += rest[..<dollar]
            rest = rest[rest.index(after: dollar)...]
            if rest.first == "$" {
                result.append("$")
                rest = rest.dropFirst()
            } else if rest.first == "{", let end = rest.firstIndex(of: "}") {
                let name = String(rest[rest.index(after: rest.startIndex)..<end])
                guard let value = values[name] ?? (keepsUnknown ? "${\(name)}" : nil) else {
                    let known = values.keys.sorted().joined(separator: ", ")
                    throw SubstitutionError(
                        description: "\(place): '${\(name)}' is not known, expected one of \(known)")
                }
                result += value
                rest = rest[rest.index(after: end)...]
            } else {
                throw SubstitutionError(description: "\(place): '$' must begin ${name}, or be written $$")
            }
        }
        return result + rest
    }

    func apply(to texts: [String], place: String) throws -> [String] {
        try texts.map { try apply(to: $0, place: place) }
    }
}
