public import Foundation
import HTTPTypes
import Hummingbird
import Storage

/// What clients must bring as a bearer token. Only its digest is kept, and compared, so that neither memory nor time
/// tells what it is.
public struct AccessKey: Sendable {
    private let digest: ContentDigest

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
    public init(file path: String) throws {
        let data = try FileHandle(readingFrom: path).read(upToCount: 1 << 16) ?? Data()
        try self.init(String(decoding: data, as: UTF8.self), source: path)
    }

    private init(_ text: String, source: String) throws {
        let secret = text.trimmingCharacters(in: .whitespacesAndNewlines)
        guard !secret.isEmpty, secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
            throw ServingError("API key of \(source): empty or several words, expected one word of ASCII")
        }
        digest = ContentDigest(of: secret)
    }

    /// Whether an `Authorization` header field carries this key. The scheme's name is `Bearer`, in any case.
    func admits(authorization: String?) -> Bool {
        guard let authorization, let space = authorization.firstIndex(of: " "),
            authorization[..<space].lowercased() == "bearer"
        else { return false }
        return ContentDigest(of: authorization[space...].trimmingCharacters(in: .whitespaces)) == digest
    }

    /// - Throws: ``APIError`` for a request without this key.
    func check(_ request: Request) throws {
        guard admits(authorization: request.headers[.authorization]) else {
            throw APIError(
                status: 401, message: "the API key is missing or wrong", type: "authentication_error",
                code: "invalid_api_key", fields: [("www-authenticate", "Bearer")])
        }
    }
}
