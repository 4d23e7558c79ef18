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

    /// Runs what writes to a handle, whose path it does not know: an error from it gets the path.
    public static func naming<Result>(_ path: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch var error as GGUFError {
            error.path = error.path ?? path
            throw error
        }
    }

    public var description: String {
        let place = path.map { "\($0): " } ?? ""
        return "\(place)\(field): \(problem)"
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }
}
