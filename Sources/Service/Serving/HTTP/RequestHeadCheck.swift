import NIOHTTP1

/// What is refused of a request's head before anything else is looked at.
enum RequestHeadCheck {
    /// Why a request cannot be taken; nil where it can.
    static func problem(_ head: HTTPRequestHead) -> APIError? {
        guard head.version.major == 1 else {
            return APIError(status: 505, message: "HTTP/\(head.version.major): expected HTTP/1.1 or HTTP/1.0")
        }
        let hosts = head.headers["host"]
        guard hosts.count == 1 || hosts.isEmpty && isOld(head) else {
            return .invalid("host: \(hosts.isEmpty ? "missing" : "given \(hosts.count) times"), expected it once")
        }
        let isAbsolute = head.uri.hasPrefix("http://") || head.uri.hasPrefix("https://")
        guard head.uri.hasPrefix("/") || isAbsolute || head.uri == "*" && head.method == .OPTIONS else {
            return .invalid("the request's target: expected a path")
        }
        let codings = head.headers[canonicalForm: "transfer-encoding"].map { $0.lowercased() }
        guard codings.isEmpty || codings == ["chunked"] else {
            return APIError(
                status: 501, message: "transfer-encoding: '\(shown(codings))', expected chunked or none",
                code: "unsupported_transfer_encoding")
        }
        guard codings.isEmpty || !isOld(head) else {
            return .invalid("transfer-encoding: HTTP/1.0 has none, expected content-length")
        }
        let expectations = head.headers[canonicalForm: "expect"].map { $0.lowercased() }
        guard expectations.allSatisfy({ $0 == "100-continue" }) else {
            return APIError(status: 417, message: "expect: '\(shown(expectations))', expected 100-continue or none")
        }
        return nil
    }

    /// Whether a client speaks HTTP/1.0.
    static func isOld(_ head: HTTPRequestHead) -> Bool { head.version.minor == 0 }

    /// Whether the client waits for a word before it sends a body that would be taken.
    static func awaitsContinue(_ head: HTTPRequestHead, upTo limit: Int) -> Bool {
        let length = head.headers.first(name: "content-length").flatMap { Int($0) } ?? 0
        return !isOld(head) && head.headers.contains(name: "expect") && length <= limit
    }

    /// What a client is told of bytes that are no HTTP request.
    static func problem(_ error: HTTPParserError) -> APIError {
        switch error {
        case .headerOverflow: APIError(status: 431, message: "the request's header fields are too large")
        case .invalidVersion: APIError(status: 505, message: "the HTTP version: expected HTTP/1.1 or HTTP/1.0")
        case .invalidContentLength, .unexpectedContentLength:
            .invalid("content-length: expected one length, and no transfer-encoding beside it")
        case .invalidChunkSize: .invalid("the request body: its chunks are not as transfer-encoding has them")
        default: .invalid("not an HTTP request that can be read (\(error))")
        }
    }

    private static func shown(_ values: [some StringProtocol]) -> String {
        String(values.joined(separator: ", ").prefix(80))
    }
}
