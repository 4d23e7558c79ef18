public import Foundation

/// Why a model cannot be asked.
public enum AnsweringError: LocalizedError, Hashable, Sendable, CustomStringConvertible {
    /// It has no chat template, or one that cannot be rendered.
    case noTemplate

    public var description: String {
        switch self {
        case .noTemplate: "this model has no chat template that can be rendered"
        }
    }

    public var errorDescription: String? { description }

    public var recoverySuggestion: String? {
        switch self {
        case .noTemplate: "name a built-in template, or a Jinja file, with --template"
        }
    }
}
