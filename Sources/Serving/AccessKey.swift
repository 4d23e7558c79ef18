public import Foundation
import Glibc
import Storage

/// The key of a server's owner, to be brought as a bearer token. Only its digest is kept.
public struct AccessKey: Sendable {
    let digest: KeyDigest
    /// What is to be said of the file that it was read from; nil where nothing is.
    public private(set) var warning: String?

    /// Reads an environment variable.
    public init(
        environment name: String, of environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        guard let value = environment[name] else {
            throw ServingError("environment variable \(name): not set, expected the API key")
        }
        try self.init(value, source: "environment variable \(name)")
    }

    /// Reads a file that holds the key and nothing else, apart from white space around it.
    ///
    /// A file that every user of the machine can read is warned of and not refused: containers mount secrets so, and
    /// there is nobody else in them.
    public init(file path: String) throws {
        let handle = try FileHandle(readingFrom: path)
        let data = try handle.read(upToCount: 1 << 16) ?? Data()
        try self.init(String(decoding: data, as: UTF8.self), source: path)
        var status = stat()
        if fstat(handle.fileDescriptor, &status) == 0, status.st_mode & S_IROTH != 0 {
            warning = "\(path) holds a key and can be read by every user of this machine (chmod o-r \(path))"
        }
    }

    private init(_ text: String, source: String) throws {
        digest = KeyDigest(ofKey: try AccessKey.word(text, source: source))
    }

    /// What of a text is a key.
    static func word(_ text: String, source: String) throws -> String {
        let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !secret.isEmpty, secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ServingError("API key of \(source): empty or several words, expected one word of ASCII")
        }
        return secret
    }
}
