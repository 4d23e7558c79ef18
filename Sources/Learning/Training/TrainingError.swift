public import Foundation

/// Data, a recipe or a snapshot that cannot be trained with: what failed, what was found, what was expected.
public struct TrainingError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    public var description: String
    public var hint: String?
    /// Whether the run cannot be trained as it is set up: its numbers are no numbers, or run away.
    public var isDivergence: Bool

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }

    public init(_ description: String, hint: String? = nil, isDivergence: Bool = false) {
        self.description = description
        self.hint = hint
        self.isDivergence = isDivergence
    }
}

extension TrainingError {
    /// An error of any kind, with the place where it came up before it.
    init(_ error: any Error, at place: String) {
        self.init("\(place)\(TrainingError.text(of: error))", hint: (error as? any LocalizedError)?.recoverySuggestion)
    }

    private static func text(of error: any Error) -> String {
        (error as? any LocalizedError)?.errorDescription ?? "\(error)"
    }

    /// Puts the place before whatever goes wrong there.
    static func at<Result>(_ place: String, _ body: () throws -> Result) throws -> Result {
        do {
            return try body()
        } catch {
            throw TrainingError(error, at: "\(place): ")
        }
    }
}
