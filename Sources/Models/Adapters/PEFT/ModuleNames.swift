import JSON
import PlainText
import Storage

/// Modules as PEFT's configuration names them: by the ends of their names, or by an expression for whole names.
enum ModuleNames {
    case ends([String])
    case expression(String)

    /// nil where nothing is said, and for the word that stands for all linear modules.
    init?(_ json: JSONValue?) {
        if let list = json?.arrayValue {
            self = .ends(list.compactMap(\.stringValue))
        } else if let text = json?.stringValue, text != "all-linear" {
            self = .expression(text)
        } else {
            return nil
        }
    }

    /// - Throws: ``AdapterError`` for an expression that is none, or that takes too long.
    func names(_ module: String) throws -> Bool {
        switch self {
        case .ends(let ends): ends.contains { module == $0 || module.hasSuffix("." + $0) }
        case .expression(let text): try ModuleNames.matches(text, module)
        }
    }

    /// Whether an expression matches a whole name, or the end of one, whole parts of it.
    static func matches(_ pattern: String, _ module: String, atItsEnd: Bool = false) throws -> Bool {
        do {
            return try BoundedExpression(atItsEnd ? "(.*\\.)?(\(pattern))" : pattern, isAnchored: true).matches(module)
        } catch is BoundedExpression.TooManySteps {
            throw AdapterError("pattern '\(pattern)': takes too long on the module '\(module)', expected a simpler one")
        } catch {
            throw AdapterError("pattern '\(pattern)': not a regular expression, expected one for module names")
        }
    }
}
