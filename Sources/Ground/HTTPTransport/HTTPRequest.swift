import Foundation

/// One request, and the bounds within which it must be answered.
public struct HTTPRequest: Sendable {
    /// `GET`, `POST`, …
    public var method: String
    /// An absolute URL, `http` or `https`.
    public var url: String
    public var headers: HTTPHeaders
    /// The body to send; nil sends none.
    public var body: [UInt8]?
    /// How long name look-up, connecting and the TLS handshake may take.
    public var connectTimeout: Duration
    /// How long the whole exchange may take, the last byte of the body included.
    public var timeout: Duration
    /// A response body longer than this, in bytes after decompression, is an error.
    public var maximumResponseByteCount: Int

    public init(
        _ method: String, _ url: String, headers: HTTPHeaders = HTTPHeaders(), body: [UInt8]? = nil,
        connectTimeout: Duration = .seconds(10), timeout: Duration = .seconds(60),
        maximumResponseByteCount: Int = 64 << 20
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.connectTimeout = connectTimeout
        self.timeout = timeout
        self.maximumResponseByteCount = maximumResponseByteCount
    }

    /// Scheme, host and port: what a message may show of a URL, whose path and query can hold secrets.
    var origin: String {
        guard let schemeEnd = url.range(of: "://") else { return "the URL" }
        let rest = url[schemeEnd.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let host = rest.lastIndex(of: "@").map { rest[rest.index(after: $0)...] } ?? rest
        return "\(url[..<schemeEnd.upperBound])\(host)"
    }
}
