import HTTPTypes
import Hummingbird

/// One request as a line of the log: method, path, status, time, identifier, who answered and who asked; nothing of what
/// was said.
struct RequestLine: Sendable {
    private let head: String
    private let tail: String
    private let start: ContinuousClock.Instant

    init(
        _ request: Request, _ response: Response, _ identifier: String, client: String?,
        since start: ContinuousClock.Instant
    ) {
        let path = RequestLine.plain(request.uri.path)
        head = "\(RequestLine.plain(request.method.rawValue)) \(path) \(response.status.code)"
        let name = response.headers[.retortAdapter], version = response.headers[.retortVersion]
        let answerer = name.map { $0 == "none" ? "base" : "\($0):\(version ?? "?")" }
        tail = [identifier, answerer, client.map { "for \($0)" }].compactMap(\.self).joined(separator: " ")
        self.start = start
    }

    /// The response, which is logged when its last byte is written, or when the client is gone.
    func said(with response: Response, to log: @escaping @Sendable (String) -> Void) -> Response {
        var said = response
        let body = response.body
        said.body = ResponseBody(contentLength: body.contentLength) { writer in
            do {
                try await body.write(writer)
                log(line(""))
            } catch {
                log(line(" (the client left)"))
                throw error
            }
        }
        return said
    }

    private func line(_ remark: String) -> String {
        let milliseconds = Int((ContinuousClock.now - start) / .milliseconds(1))
        return "\(head) \(milliseconds) ms \(tail)\(remark)"
    }

    /// Printable ASCII only, and not too much of it: a line stays a line.
    private static func plain(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(120).map { (0x21..<0x7F) ~= $0.value ? $0 : "?" }))
    }
}
