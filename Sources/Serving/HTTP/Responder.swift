import Conversations
import Foundation
import HTTPTypes
import Hummingbird

/// Leads each request to its route, and gives every answer what all answers have: OpenAI's shape for errors, an
/// identifier, what browsers ask for, and a line for `--verbose`.
struct Responder: HTTPResponder {
    typealias Context = ServeContext

    let routes: [Route]
    let key: AccessKey?
    let crossOrigin: CrossOrigin
    let warn: @Sendable (String) -> Void
    /// Told of every request when it is answered; nil where nobody listens.
    let log: (@Sendable (String) -> Void)?

    func respond(to request: Request, context: ServeContext) async throws -> Response {
        let start = ContinuousClock.now
        let identifier = RequestIdentifier.of(request)
        var response: Response
        do {
            response = try await answer(request, context)
        } catch {
            response = Response(problem(error, identifier))
        }
        response.headers[RequestIdentifier.name] = identifier
        crossOrigin.mark(&response, for: request)
        if request.method == .head { response = response.createHeadResponse() }
        guard let log else { return response }
        return RequestLine(request, response, identifier, since: start).said(with: response, to: log)
    }

    private func answer(_ request: Request, _ context: ServeContext) async throws -> Response {
        let parts = Route.parts(request.uri.path)
        let found = routes.compactMap { route in route.rest(of: parts).map { (route: route, rest: $0) } }
        var methods = found.map(\.route.method)
        if methods.contains(.get) { methods.append(.head) }
        methods.append(.options)
        let allowed = methods.map(\.rawValue).joined(separator: ", ")
        if request.method == .options, !found.isEmpty || request.uri.path == "*" {
            return crossOrigin.preflight(request, allowed: allowed)
        }
        let method = request.method == .head ? .get : request.method
        let match = found.first { $0.route.method == method }
        if let key, match?.route.isOpen != true { try key.check(request) }
        if let match { return try await match.route.handler(request, context, match.rest) }
        let target = "\(request.method.rawValue.prefix(20)) \(request.uri.path.prefix(200))"
        guard found.isEmpty else {
            throw APIError(
                status: 405, message: "\(target): expected the method \(allowed)", code: "method_not_allowed",
                fields: [("allow", allowed)])
        }
        throw APIError(status: 404, message: "\(target) does not exist here", code: "unknown_url")
    }

    private func problem(_ error: any Error, _ identifier: String) -> APIError {
        if let error = error as? APIError { return error }
        warn("request \(identifier) failed: \(error)")
        return .failed
    }
}
