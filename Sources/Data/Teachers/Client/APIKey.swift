public import Foundation
import Storage

/// A secret that opens an API. It comes from the environment or a file, and never shows itself.
public struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself: for the header that carries it, and nothing else.
    let secret: String
    /// What is to be said of the file that it was read from; nil where nothing is.
    public let warning: String?

    /// Reads an environment variable; nil when it is not set or empty.
    ///
    /// - Throws: `StorageError` when the value cannot stand in a header.
    public init?(
        environment name: String, of environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        guard let value = environment[name], !value.isEmpty else { return nil }
        secret = try KeyFile.word(value, source: KeyFile.words(forVariable: name))
        warning = nil
    }

    /// Reads a ``Storage/KeyFile``.
    public init(file path: String) throws {
        let file = try KeyFile(path: path)
        secret = file.key
        warning = file.warning
    }

    public var description: String { "<API key>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
