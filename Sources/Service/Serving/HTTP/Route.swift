import Foundation
import HTTPTypes
import Hummingbird

/// One thing that the server does: a method and a path, and what answers.
struct Route: Sendable {
    typealias Handler = @Sendable (_ request: Request, _ context: ServeContext, _ rest: String) async throws -> Response

    let method: HTTPRequest.Method
    let path: [String]
    /// Whether more may follow the path; it is given to the handler as `rest`.
    let hasRest: Bool
    /// Whether it is open to those who bring no key.
    let isOpen: Bool
    let handler: Handler

    /// - Parameter path: a path whose last part may be `*`, for all that follows.
    init(_ method: HTTPRequest.Method, _ path: String, isOpen: Bool = false, _ handler: @escaping Handler) {
        let parts = Route.parts(path)
        self.method = method
        hasRest = parts.last == "*"
        self.path = hasRest ? parts.dropLast() : parts
        self.isOpen = isOpen
        self.handler = handler
    }

    /// The parts of a path, percent-decoded; a slash at the end makes no difference.
    static func parts(_ path: String) -> [String] {
        path.split(separator: "/").map { String($0).removingPercentEncoding ?? String($0) }
    }

    /// What of `parts` follows this route's path; nil where it does not lead here.
    func rest(of parts: [String]) -> String? {
        guard parts.starts(with: path), hasRest == (parts.count > path.count) else { return nil }
        return parts.dropFirst(path.count).joined(separator: "/")
    }
}
