public import Foundation
import Storage

/// A secret that opens an API. It comes from the environment or a file, and never shows itself.
public struct APIKey: Sendable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The secret itself: for the header that carries it, and nothing else.
    let secret: String

    /// Reads an environment variable; nil when it is not set or empty.
    ///
    /// - Throws: a ``TeacherError`` when the value cannot stand in a header.
    public init?(
        environment name: String, of environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws {
        guard let value = environment[name], !value.isEmpty else { return nil }
        try self.init(value, source: "environment variable \(name)")
    }

    /// Reads a file that holds the key and nothing else, apart from white space around it.
    public init(file path: String) throws {
        let data = try FileHandle(readingFrom: path).read(upToCount: 1 << 16) ?? Data()
        try self.init(String(decoding: data, as: UTF8.self), source: path)
    }

    private init(_ text: String, source: String) throws {
        let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !secret.isEmpty, secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            let found =
                secret.isEmpty
                ? "empty" : secret.contains(where: \.isWhitespace) ? "several words" : "characters that are no ASCII"
            throw TeacherError(.configuration, "API key of \(source): \(found), expected one word of ASCII")
        }
        self.secret = secret
    }

    public var description: String { "<API key>" }
    public var debugDescription: String { description }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
