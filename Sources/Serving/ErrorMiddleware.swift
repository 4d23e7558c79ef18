import Conversations
import HTTPTypes
import Hummingbird

/// Gives every error OpenAI's shape, the ones of unknown routes and wrong methods among them.
struct ErrorMiddleware: RouterMiddleware {
    typealias Context = ServeContext

    let warn: @Sendable (String) -> Void

    func handle(
        _ request: Request, context: ServeContext,
        next: (Request, ServeContext) async throws -> Response
    ) async throws -> Response {
        do {
            return try await next(request, context)
        } catch let error as APIError {
            return Response(error)
        } catch let error as HTTPError {
            let message =
                error.status == .notFound
                ? "\(request.method.rawValue) \(request.uri.path) does not exist here" : error.body ?? "\(error.status)"
            return Response(APIError(status: Int(error.status.code), message: message, code: "unknown_url"))
        } catch {
            warn("a request failed: \(error)")
            return Response(APIError.failed)
        }
    }
}
