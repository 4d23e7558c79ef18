import Foundation
import Yams

/// Plain scalars as YAML 1.2 reads them, which is what people mean: `no`, `on`, `010` and `12:30` are words.
///
/// The parser under it reads YAML 1.1, in which they are false, true, 8 and 750.
extension Node {
    /// Whether this is the absence of a value: `null`, `~` or nothing.
    var isAbsent: Bool { isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar?.string ?? "-") }

    /// `true` and `false`, and where a boolean is asked for what people write for them: `yes`, `no`, `on`, `off`.
    func truth(readsWords: Bool) -> Bool? {
        guard isPlain, let word = scalar?.string,
            [word.lowercased(), word.uppercased(), word.capitalized].contains(word)
        else { return nil }
        switch word.lowercased() {
        case "true": return true
        case "false": return false
        case "yes", "on": return readsWords ? true : nil
        case "no", "off": return readsWords ? false : nil
        default: return nil
        }
    }

    /// A whole number: decimal, without leading zeros; `4.0` and `1e3` are whole, too.
    var wholeNumber: Int? {
        guard let number = decimalNumber, let text = scalar?.string else { return nil }
        if let exact = Int(text) { return exact }
        return number == number.rounded() && abs(number) < 0x1p53 ? Int(number) : nil
    }

    /// A finite number: decimal, without leading zeros, with an exponent perhaps.
    var decimalNumber: Double? {
        guard isPlain, let text = scalar?.string,
            text.wholeMatch(of: /[-+]?(0|[1-9][0-9]*)?(\.[0-9]*)?([eE][-+]?[0-9]+)?/) != nil,
            let number = Double(text.hasPrefix("+") ? String(text.dropFirst()) : text), number.isFinite
        else { return nil }
        return number
    }

    private var isPlain: Bool { scalar.map { $0.style == .plain || $0.style == .any } ?? false }
}

extension YamlError {
    /// What is wrong with a text, with the line where the parser knows it.
    var problem: String {
        switch self {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let part = context.map { " \($0.text)" } ?? ""
            let tab =
                problem.contains("cannot start any token")
                ? " (a tab indents here, or a character that needs quotes)" : ""
            return "line \(mark.line), column \(mark.column): not valid YAML: \(problem)\(part)\(tab)"
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "'\($0)'" }.joined(separator: ", ")
            return "line \(context.mark.line): \(names): twice in one mapping, expected once"
        default:
            return "not valid YAML: \(String(describing: self).split(separator: "\n").first ?? "unknown")"
        }
    }
}
