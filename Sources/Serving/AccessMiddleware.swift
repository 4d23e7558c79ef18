import HTTPTypes
import Hummingbird

/// Lets only requests with the key through; health is open.
struct AccessMiddleware: RouterMiddleware {
    typealias Context = ServeContext

    let key: AccessKey

    func handle(
        _ request: Request, context: ServeContext,
        next: (Request, ServeContext) async throws -> Response
    ) async throws -> Response {
        guard request.uri.path == "/healthz" || key.admits(authorization: request.headers[.authorization]) else {
            throw APIError(
                status: 401, message: "the API key is missing or wrong", type: "authentication_error",
                code: "invalid_api_key")
        }
        return try await next(request, context)
    }
}
