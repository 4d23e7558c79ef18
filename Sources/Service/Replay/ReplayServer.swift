import Conversations
import Dialects
import Foundation
import HTTPTypes
import Hummingbird
public import JSON
import Logging
import NIOCore
import ServiceLifecycle
import Storage
import Synchronization
import UnixSignals

/// A teacher to rehearse with: answers over real HTTP from a ``Recording``, in OpenAI's and Anthropic's dialect.
///
/// Routes: `POST /v1/chat/completions`, `POST /v1/messages`, `GET /v1/models`, `GET /healthz`, `GET /stats`.
public final class ReplayServer: Sendable {
    /// How a server behaves beside its answers.
    public struct Options: Sendable {
        public var host = "127.0.0.1"
        /// 0 takes any free port.
        public var port = 0
        /// How long every answer takes.
        public var latency = Duration.zero
        /// How much longer an answer takes that the fault `slow` meets.
        public var slowness = Duration.seconds(2)
        /// What a 429 asks for.
        public var retryAfter = Duration.milliseconds(250)
        public var faults = Faults.none
        /// The key that requests must carry; nil lets everybody in.
        public var key: String?
        /// Takes a JSON line for each request: number, status, fault and milliseconds, nothing of a prompt.
        public var log: (@Sendable (JSONValue) -> Void)?

        public init() {}
    }

    private let recording: Recording
    let options: Options
    private let state = Mutex(ReplayStatistics())

    public init(recording: Recording, options: Options = Options()) {
        self.recording = recording
        self.options = options
    }

    /// What `/stats` shows.
    public var statistics: JSONValue { state.withLock { $0.json } }

    /// Serves until the task is cancelled or, if asked to listen for them, SIGTERM or SIGINT comes.
    ///
    /// - Parameter onReady: is told the port once requests are taken.
    /// - Throws: a ``ReplayError`` when the address is in use.
    public func run(
        listensForSignals: Bool = false, onReady: @escaping @Sendable (_ port: Int) async -> Void
    ) async throws {
        var logger = Logger(label: "retort-replay")
        logger.logLevel = .critical
        let application = Application(
            router: makeRouter(),
            configuration: ApplicationConfiguration(address: .hostname(options.host, port: options.port)),
            onServerRunning: { channel in await onReady(channel.localAddress?.port ?? 0) }, logger: logger)
        do {
            try await application.runService(gracefulShutdownSignals: listensForSignals ? [.sigterm, .sigint] : [])
        } catch is SocketAddressError.UnknownHost {
            throw ReplayError("address \(options.host): no address of this name, expected a name or an address")
        } catch let error as IOError where error.errnoCode == EADDRINUSE {
            throw ReplayError(
                "address \(options.host):\(options.port): in use by another process, expected a free port",
                hint: "choose another --port, or 0 for any free one")
        } catch let error as IOError {
            throw ReplayError("address \(options.host):\(options.port): \(String(cString: strerror(error.errnoCode)))")
        }
    }

    /// Serves for as long as `body` runs, which is told the URL.
    package func serve<Result>(during body: (_ url: String) async throws -> Result) async throws -> Result {
        let (ports, port) = AsyncThrowingStream.makeStream(of: Int.self)
        let running = Task {
            do {
                try await run { port.yield($0) }
            } catch {
                port.finish(throwing: error)
            }
        }
        defer { running.cancel() }
        var iterator = ports.makeAsyncIterator()
        guard let number = try await iterator.next() else { throw CancellationError() }
        return try await body("http://\(options.host):\(number)")
    }

    private func makeRouter() -> Router<BasicRequestContext> {
        let router = Router()
        for path in ["/v1/chat/completions", "/chat/completions"] {
            router.post(RouterPath(path)) { request, _ in try await self.answer(request, .openai) }
        }
        for path in ["/v1/messages", "/messages"] {
            router.post(RouterPath(path)) { request, _ in try await self.answer(request, .anthropic) }
        }
        router.get("/v1/models") { _, _ in
            let model: JSONValue = ["id": "replay", "object": "model", "created": 0, "owned_by": "retort-replay"]
            return ReplayServer.json(["object": "list", "data": .array([model])])
        }
        router.get("/healthz") { _, _ in ReplayServer.json(["status": "ok"]) }
        router.get("/stats") { _, _ in ReplayServer.json(self.statistics) }
        return router
    }

    private func answer(_ request: Request, _ dialect: Dialect) async throws -> Response {
        let start = ContinuousClock.now
        let number = state.withLock { state in
            state.requests += 1
            state.inFlight += 1
            state.peakInFlight = max(state.peakInFlight, state.inFlight)
            return state.requests - 1
        }
        let fault = takeFault(number)
        let response: Response
        do {
            response = try await respond(to: request, dialect, fault)
        } catch {
            state.withLock { $0.inFlight -= 1 }
            throw error
        }
        state.withLock { state in
            state.inFlight -= 1
            state.byStatus[Int(response.status.code), default: 0] += 1
        }
        options.log?([
            "number": .integer(number), "status": .integer(Int(response.status.code)),
            "fault": fault.map { .string($0.name) } ?? .null,
            "milliseconds": .integer(Int((ContinuousClock.now - start) / .milliseconds(1))),
        ])
        return response
    }

    private func takeFault(_ number: Int) -> Faults.Fault? {
        guard let fault = options.faults.fault(ofRequest: number) else { return nil }
        return state.withLock { state in
            if let limit = options.faults.limit, state.faults >= limit { return nil }
            state.faults += 1
            state.byFault[fault.name, default: 0] += 1
            return fault
        }
    }

    private func respond(
        to request: Request, _ dialect: Dialect, _ fault: Faults.Fault?
    ) async throws -> Response {
        if let key = options.key, !ReplayServer.carries(request, key) {
            let error = dialect.keyError("the API key is wrong")
            return ReplayServer.json(error, status: 401)
        }
        let bytes = Array(buffer: try await request.body.collect(upTo: 16 << 20))
        let delay = options.latency + (fault == .slow ? options.slowness : .zero)
        if delay > .zero { try await Task.sleep(for: delay) }
        if case .status(let status)? = fault { return failure(status, dialect) }
        let body: JSONValue
        let messages: [Message]
        let topLogprobs: Int?
        do {
            body = try JSONValue(parsing: bytes)
            messages = try dialect.messages(ofRequest: body)
            topLogprobs = try dialect.topLogprobs(ofRequest: body)
        } catch {
            let error = dialect.error(type: "invalid_request_error", message: "\(error)")
            return ReplayServer.json(error, status: 400)
        }
        guard var answer = recording.answer(to: messages) else {
            let error = dialect.error(
                type: "invalid_request_error", code: "not_recorded",
                message: "no answer is recorded for this prompt, \(recording.count) others are")
            return ReplayServer.json(error, status: 404)
        }
        if fault == .nonsense { answer = RecordedResponse(content: "I would rather not say.") }
        let response = ReplayedResponse(
            dialect: dialect, answer: answer, request: body, messages: messages, topLogprobs: topLogprobs)
        let isStream = body["stream"]?.boolValue == true
        let text =
            isStream ? response.events : [response.whole.serialized()]
        let digest = ContentDigest(of: bytes)
        switch fault {
        case .cut: return ReplayServer.cut(text.joined())
        case .malformed: return ReplayServer.text([String(text.joined().dropLast(20))], isStream: isStream)
        default:
            state.withLock { state in
                state.answered += 1
                state.answersByRequest[digest, default: 0] += 1
            }
            return ReplayServer.text(text, isStream: isStream)
        }
    }

    /// Compares all bytes of a key, so that the time taken says nothing of where two keys part.
    private static func carries(_ request: Request, _ key: String) -> Bool {
        let given =
            request.headers[.authorization].map { $0.hasPrefix("Bearer ") ? String($0.dropFirst(7)) : $0 }
            ?? HTTPField.Name(Dialect.keyField).flatMap { request.headers[$0] } ?? ""
        let left = Array(given.utf8), right = Array(key.utf8)
        guard left.count == right.count else { return false }
        return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
    }

    private func failure(_ status: Int, _ dialect: Dialect) -> Response {
        let type = status == 429 ? "rate_limit_error" : status < 500 ? "invalid_request_error" : "api_error"
        var response = ReplayServer.json(
            dialect.error(type: type, message: "a fault on request"), status: status)
        if status == 429 {
            let milliseconds = Int(options.retryAfter / .milliseconds(1))
            if let name = HTTPField.Name("retry-after-ms") { response.headers[name] = "\(milliseconds)" }
            if let name = HTTPField.Name("retry-after") { response.headers[name] = "\((milliseconds + 999) / 1000)" }
        }
        return response
    }
}

extension ReplayServer {
    static func json(_ value: JSONValue, status: Int = 200) -> Response {
        Response(
            status: .init(code: status), headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(bytes: value.serializedBytes())))
    }

    static func text(_ pieces: [String], isStream: Bool) -> Response {
        let headers: HTTPFields = [.contentType: isStream ? "text/event-stream" : "application/json"]
        guard isStream else {
            return Response(
                status: .ok, headers: headers,
                body: ResponseBody(byteBuffer: ByteBuffer(string: pieces.joined())))
        }
        let body = ResponseBody { writer in
            for piece in pieces { try await writer.write(ByteBuffer(string: piece)) }
            try await writer.finish(nil)
        }
        return Response(status: .ok, headers: headers, body: body)
    }

    /// A response that announces a whole body, sends half of it and breaks off.
    static func cut(_ text: String) -> Response {
        let body = ResponseBody(contentLength: text.utf8.count) { writer in
            try await writer.write(ByteBuffer(bytes: text.utf8.prefix(text.utf8.count / 2)))
            throw ReplayError("cut on request")
        }
        return Response(
            status: .ok, headers: [.contentType: "application/json", .contentLength: "\(text.utf8.count)"], body: body)
    }
}
