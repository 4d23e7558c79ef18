import Foundation

/// Sends HTTP requests, many at a time, over one thread of libcurl.
///
/// Connections are kept and reused, HTTP/2 is used over TLS where the server has it, certificates are verified,
/// redirects are not followed (a key must not travel to another host). Proxies come from the environment
/// (`https_proxy`, `http_proxy`, `all_proxy`, `no_proxy`), except for loopback addresses, which no proxy can reach.
public final class HTTPClient: Sendable {
    private let loop: TransferLoop

    public init() { loop = TransferLoop() }

    deinit { loop.close() }

    /// Sends a request and reads the whole response, whatever its status.
    ///
    /// - Throws: ``HTTPError`` when no whole response comes, `CancellationError` when the task is cancelled.
    public func send(_ request: HTTPRequest) async throws -> HTTPResponse {
        let response = try await stream(request)
        var body: [UInt8] = []
        for try await chunk in response.body { body += chunk }
        // A cancelled iteration ends like a finished one.
        try Task.checkCancellation()
        return HTTPResponse(head: response.head, body: body)
    }

    /// Sends a request and returns as soon as the response's header fields are there.
    ///
    /// - Throws: as ``send(_:)``; reading the body throws what goes wrong later.
    public func stream(_ request: HTTPRequest) async throws -> HTTPStreamedResponse {
        try Task.checkCancellation()
        let identifier = loop.makeIdentifier()
        let (chunks, feed) = AsyncThrowingStream.makeStream(of: [UInt8].self, throwing: (any Error).self)
        feed.onTermination = { [loop] _ in loop.cancel(identifier) }
        let head = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                loop.start(identifier, request, head: continuation, body: feed)
                // A cancellation that came before the start found nothing to cancel.
                if Task.isCancelled { loop.cancel(identifier) }
            }
        } onCancel: {
            loop.cancel(identifier)
        }
        return HTTPStreamedResponse(head: head, body: HTTPBody(chunks: chunks, client: self))
    }
}
