public import Foundation
import Storage

/// The key of a server's owner, to be brought as a bearer token. Only its digest is kept.
public struct AccessKey: Sendable {
    let digest: KeyDigest
    /// What is to be said of the file that it was read from; nil where nothing is.
    public let warning: String?

    /// Reads an environment variable.
    public init(
        environment name: String, of environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        guard let value = environment[name] else {
            throw ServingError("\(KeyFile.words(forVariable: name)): not set, expected the API key")
        }
        digest = KeyDigest(ofKey: try KeyFile.word(value, source: KeyFile.words(forVariable: name)))
        warning = nil
    }

    /// Reads a ``Storage/KeyFile``.
    public init(file path: String) throws {
        let file = try KeyFile(path: path)
        digest = KeyDigest(ofKey: file.key)
        warning = file.warning
    }
}
