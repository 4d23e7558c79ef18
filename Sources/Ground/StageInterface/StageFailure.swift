import ArgumentParser
public import Foundation
import Storage

/// An error with the exit status it deserves: `<what failed>: <found>, expected <allowed>`, and what to do.
public struct StageFailure: LocalizedError, Sendable, CustomStringConvertible {
    public var status: ExitStatus
    public var description: String
    public var hint: String?
    /// What holds although it failed, for the report: money that was spent, for one.
    public var figures: [String: Double] = [:]

    public init(_ status: ExitStatus, _ description: String, hint: String? = nil) {
        self.status = status
        self.description = description
        self.hint = hint
    }

    /// The failure that a report tells of, with the exit status that it had.
    public init(_ failure: StageReport.Failure) {
        self.init(
            ExitStatus(rawValue: failure.exitStatus) ?? .ourFault, failure.message, hint: failure.hint)
    }

    public var errorDescription: String? { description }
    public var recoverySuggestion: String? { hint }

    /// The failure that any error amounts to.
    ///
    /// A `LocalizedError` is made to be read: it is bad input unless its type says otherwise. Anything else got
    /// out by mistake and is our fault.
    public init(_ error: any Error) {
        switch error {
        case let failure as StageFailure: self = failure
        case let error as StorageError:
            let status: ExitStatus = error.kind == .busy ? .tryLater : .badInput
            self.init(status, error.description, hint: error.hint)
        case let error as any RefusingError where error.isRefusal:
            self.init(.refused, error.errorDescription ?? "\(error)", hint: error.recoverySuggestion)
        case let error as any LocalizedError:
            self.init(.badInput, error.errorDescription ?? "\(error)", hint: error.recoverySuggestion)
        case let error as ValidationError: self.init(.usage, error.message)
        case is CancellationError:
            self.init(.tryLater, "interrupted", hint: "run the same command again to go on")
        case let error as DecodingError: self.init(.badInput, "\(error)")
        default: self.init(.ourFault, "\(error)", hint: "this is a fault in Retort; please report it")
        }
    }
}
