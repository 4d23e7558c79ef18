import Foundation
import HTTPTypes
import Hummingbird

/// Leads each request to its route, and gives every answer what all answers have: OpenAI's shape for errors, an
/// identifier, what browsers ask for, and a line for `--verbose`.
struct Responder: HTTPResponder {
    typealias Context = ServeContext

    let routes: [Route]
    let admission: Admission
    let crossOrigin: CrossOrigin
    let warn: @Sendable (String) -> Void
    /// Told of every request when it is answered; nil where nobody listens.
    let log: (@Sendable (String) -> Void)?

    func respond(to request: Request, context: ServeContext) async throws -> Response {
        // One connection's many requests take turns with those of others.
        await Task.yield()
        let identifier = RequestIdentifier.of(request)
        return await RequestIdentifier.$current.withValue(identifier) {
            await respond(to: request, context, identifier)
        }
    }

    private func respond(to request: Request, _ context: ServeContext, _ identifier: String) async -> Response {
        let start = ContinuousClock.now
        var context = context
        var response: Response
        do {
            response = try await answer(request, &context)
        } catch {
            response = Response(problem(error))
        }
        response.headers[RequestIdentifier.name] = identifier
        crossOrigin.mark(&response, for: request)
        if request.method == .head { response = response.createHeadResponse() }
        guard let log else { return response }
        return RequestLine(request, response, identifier, client: context.client?.name, since: start)
            .said(with: response, to: log)
    }

    private func answer(_ request: Request, _ context: inout ServeContext) async throws -> Response {
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
        if match?.route.isOpen != true {
            guard let caller = admission.caller(of: request) else { throw APIError.unauthorized }
            context.client = caller.client
            try context.client?.admitRequest()
        }
        if let match { return try await match.route.handler(request, context, match.rest) }
        let target = "\(request.method.rawValue.prefix(20)) \(request.uri.path.prefix(200))"
        guard found.isEmpty else {
            throw APIError(
                status: 405, message: "\(target): expected the method \(allowed)", code: "method_not_allowed",
                fields: [("allow", allowed)])
        }
        throw APIError(status: 404, message: "\(target) does not exist here", code: "unknown_url")
    }

    private func problem(_ error: any Error) -> APIError {
        if let error = error as? APIError { return error }
        warn("failed: \(error)")
        return .failed
    }
}
