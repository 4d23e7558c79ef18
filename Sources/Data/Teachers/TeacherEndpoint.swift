public import Dialects
import Foundation
import HTTPTransport

/// Where a teacher is, which model answers, in which dialect, with which key and at what price.
public struct TeacherEndpoint: Sendable {
    /// The absolute URL that requests are posted to.
    public let url: String
    public let model: String
    public let dialect: Dialect
    public let key: APIKey?
    public let prices: TokenPrices
    /// Members of the request body that were set by hand.
    public let overrides: RequestOverrides
    /// Whether the endpoint is on this machine.
    public let isLoopback: Bool
    let host: String

    /// - Parameters:
    ///   - baseURL: `https://api.openai.com/v1`, `https://api.anthropic.com`, `http://127.0.0.1:8080`, or the whole
    ///     URL of the route. Without a path, `/v1` is put in.
    ///   - sendsKeyInClear: whether a key may go over plain http to another machine, where all between can read it.
    /// - Throws: a ``TeacherError`` of kind ``TeacherError/Kind/configuration``.
    public init(
        baseURL: String, model: String, dialect: Dialect = .openai, key: APIKey? = nil, prices: TokenPrices = .free,
        overrides: RequestOverrides = .none, sendsKeyInClear: Bool = false
    ) throws {
        guard let parts = URLComponents(string: baseURL), let scheme = parts.scheme?.lowercased(),
            scheme == "http" || scheme == "https", let host = parts.host, !host.isEmpty
        else {
            throw TeacherError(.configuration, "endpoint: '\(baseURL)', expected a URL with http:// or https://")
        }
        guard parts.user == nil, parts.password == nil, parts.query == nil, parts.fragment == nil else {
            throw TeacherError(
                .configuration, "endpoint: it holds a user name, a query or a fragment, expected none of them",
                hint: "put the key into an environment variable or a file")
        }
        guard !model.isEmpty else { throw TeacherError(.configuration, "model: empty, expected a model's name") }
        guard prices.input >= 0, prices.output >= 0, prices.input.isFinite, prices.output.isFinite else {
            throw TeacherError(.configuration, "prices: expected numbers from 0, USD per million tokens")
        }
        var base = baseURL
        while base.hasSuffix("/") { base.removeLast() }
        if base.hasSuffix(dialect.route) {
            url = base
        } else {
            let hasPath = !parts.path.isEmpty && parts.path != "/"
            url = base + (hasPath ? "" : "/v1") + dialect.route
        }
        isLoopback = TeacherEndpoint.isLoopback(host.lowercased())
        if key != nil, scheme == "http", !isLoopback, !sendsKeyInClear {
            throw TeacherError(
                .configuration, "endpoint: http://\(host) would get the API key in clear, expected https",
                hint:
                    "--plain-http (--escalate-plain-http of retort-serve) sends it nevertheless, where the network between can be trusted"
            )
        }
        self.host = host.lowercased()
        self.model = model
        self.dialect = dialect
        self.key = key
        self.prices = prices
        self.overrides = overrides
    }

    /// `dialect/model`: who answers, wherever it is asked. What is known of a teacher is kept under this.
    public var teacher: String { "\(dialect.rawValue)/\(model)" }

    /// A name that only begins like an address of this machine (`127.example.com`) is none.
    private static func isLoopback(_ host: String) -> Bool {
        if ["localhost", "::1", "[::1]"].contains(host) { return true }
        let parts = host.split(separator: ".", omittingEmptySubsequences: false)
        return parts.count == 4 && parts[0] == "127" && parts.allSatisfy { UInt8($0) != nil }
    }

    /// Scheme, host and port, for messages.
    var origin: String {
        let rest = url.drop { $0 != "/" }.dropFirst(2)
        return "\(url.prefix { $0 != "/" })//\(rest.prefix { $0 != "/" })"
    }

    /// The header fields of a request, the key among them.
    var headers: HTTPHeaders {
        var headers: HTTPHeaders = ["content-type": "application/json", "accept": "application/json"]
        for field in dialect.headers(key: key?.secret) { headers[field.name] = field.value }
        return headers
    }
}
