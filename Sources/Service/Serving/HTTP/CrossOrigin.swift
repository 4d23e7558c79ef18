import HTTPTypes
import Hummingbird

/// Which web pages may ask (CORS): those of the origins that the server was started with.
struct CrossOrigin: Sendable {
    /// `https://app.example`, or `*` for every page.
    let origins: [String]

    /// Answers `OPTIONS`: what a path allows, and to a page's browser whether the page may ask.
    func preflight(_ request: Request, allowed: String) -> Response {
        var response = Response(status: .noContent, headers: [.allow: allowed])
        guard allows(request), request.headers[.accessControlRequestMethod] != nil else { return response }
        response.headers[.accessControlAllowMethods] = allowed
        response.headers[.accessControlAllowHeaders] =
            request.headers[.accessControlRequestHeaders] ?? "authorization, content-type"
        response.headers[.accessControlMaxAge] = "3600"
        return response
    }

    /// Tells the browser of a page whether the page may read an answer.
    func mark(_ response: inout Response, for request: Request) {
        guard !origins.isEmpty else { return }
        response.headers[.vary] = "origin"
        guard allows(request) else { return }
        response.headers[.accessControlAllowOrigin] = origins.contains("*") ? "*" : request.headers[.origin]
        response.headers[.accessControlExposeHeaders] =
            "x-request-id, x-retort-adapter, x-retort-version, x-retort-artifact, retry-after"
    }

    private func allows(_ request: Request) -> Bool {
        guard let origin = request.headers[.origin] else { return false }
        return origins.contains("*") || origins.contains(origin)
    }
}
