public import Foundation

/// What is wrong with a GGUF file: which file, which field, what was found, what was expected.
public struct GGUFError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    /// The file, or nil where metadata did not come from one.
    public var path: String?
    /// The field in words: `metadata "general.alignment"`, `tensor "output.weight": offset`.
    public var field: String
    /// What was found and what was expected.
    public var problem: String
    public var hint: String?

    public init(path: String?, field: String, problem: String, hint: String? = nil) {
        self.path = path
        self.field = field
        self.problem = problem
        self.hint = hint
    }

    public var description: String {
        let place = path.map { "\($0): " } ?? ""
        return "\(place)\(field): \(problem)"
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
