import CCurl
public import Foundation

/// Why no whole response came, with enough type to decide whether to try again.
public struct HTTPError: LocalizedError, Sendable, Hashable, CustomStringConvertible {
    public enum Kind: Sendable, Hashable {
        /// Nobody listens there, or the host cannot be reached.
        case refused
        /// The name of the host, or of the proxy, is unknown.
        case unresolved
        /// A timeout passed before the last byte.
        case timeout
        /// The connection broke after it had been made; whether the server acted on the request is unknown.
        case cut
        /// The certificate did not verify, or the handshake failed.
        case tls
        /// The response body is longer than the request allows.
        case tooLarge
        /// The URL, a header or the method cannot be sent.
        case invalidRequest
        /// Anything else that libcurl reports.
        case other
    }

    public var kind: Kind
    public var description: String

    public var errorDescription: String? { description }

    /// Whether the request certainly never reached the server.
    public var isBeforeSending: Bool {
        switch kind {
        case .refused, .unresolved, .tls, .invalidRequest: true
        case .timeout, .cut, .tooLarge, .other: false
        }
    }

    init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }

    /// The error of a finished transfer.
    init(code: CURLcode, origin: String, isTooLarge: Bool, limit: Int) {
        if isTooLarge {
            self.init(.tooLarge, "response of \(origin): longer than \(limit) bytes, the most that was allowed")
            return
        }
        let kind: Kind =
            switch code {
            case CURLE_COULDNT_CONNECT: .refused
            case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY: .unresolved
            case CURLE_OPERATION_TIMEDOUT: .timeout
            case CURLE_GOT_NOTHING, CURLE_PARTIAL_FILE, CURLE_RECV_ERROR, CURLE_SEND_ERROR, CURLE_HTTP2,
                CURLE_HTTP2_STREAM, CURLE_WEIRD_SERVER_REPLY:
                .cut
            case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE,
                CURLE_SSL_CERTPROBLEM, CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_USE_SSL_FAILED:
                .tls
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .invalidRequest
            default: .other
            }
        let what =
            switch kind {
            case .refused: "cannot connect to \(origin)"
            case .unresolved: "cannot resolve the host of \(origin)"
            case .timeout: "no whole response from \(origin) in time"
            case .cut: "the connection to \(origin) was cut"
            case .tls: "no secure connection to \(origin)"
            case .invalidRequest: "cannot send a request to \(origin)"
            case .tooLarge, .other: "the request to \(origin) failed"
            }
        self.init(kind, "\(what): \(String(cString: curl_easy_strerror(code)))")
    }
}
