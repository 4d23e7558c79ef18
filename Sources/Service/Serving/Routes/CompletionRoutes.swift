import Answering
import Dialects
import Foundation
import HTTPTypes
import Hummingbird
import JSON
import NIOCore
import PlainText
import Tasks

/// `/v1/chat/completions` and `/v1/completions`, whole and streaming.
struct CompletionRoutes: Sendable {
    let catalog: ServingCatalog
    let answerer: Answerer
    let underWay: AnswersUnderWay
    let decisionLog: DecisionLog?
    let bodies: BodyReader
    let timeout: Duration

    var routes: [Route] {
        [
            Route(.post, "/v1/chat/completions") { request, context, _ in
                try await respond(request, context, isChat: true)
            },
            Route(.post, "/v1/completions") { request, context, _ in
                try await respond(request, context, isChat: false)
            },
        ]
    }

    private func respond(_ http: Request, _ context: ServeContext, isChat: Bool) async throws -> Response {
        let start = ContinuousClock.now
        let received = Date()
        let client = context.client
        try client?.admitTokens()
        let request = try await bodies.read(http) { try CompletionRequest($0, isChat: isChat, client: client) }
        let deadline = ContinuousClock.now + timeout
        let version = try await version(for: request.model)
        try await request.check(against: version, at: LocalTime(received), on: bodies.queue)
        let cancellation = Cancellation(deadline: deadline)
        await context.watch(cancellation)
        let timer = Task {
            try await Task.sleep(until: deadline, clock: .continuous)
            cancellation.cancel(.timeout(seconds: timeout / .seconds(1)))
        }
        let body = CompletionBody(request, version, now: received)
        let (events, feed) = AsyncThrowingStream.makeStream(of: AnswerEvent.self)
        underWay.begin {
            defer { timer.cancel() }
            do {
                let answer = try await answerer.answer(request, version, at: LocalTime(received), cancellation) {
                    client?.charge($0)
                    feed.yield($0)
                }
                // Noted before anybody has it: what was answered is in the log.
                note(request, version, body, answer, since: start)
                feed.yield(.finished(answer))
                feed.finish()
            } catch {
                feed.finish(throwing: error)
            }
        }
        return request.isStream
            ? try await stream(events, request, body) : try await whole(events, body)
    }

    private func whole(
        _ events: AsyncThrowingStream<AnswerEvent, any Error>, _ body: CompletionBody
    ) async throws -> Response {
        for try await event in events {
            if case .finished(let answer) = event {
                return Response(json: body.whole(answer), version: body.version)
            }
        }
        throw APIError.disconnected
    }

    /// Waits for the start, so that what is refused has its own status, and streams the rest.
    private func stream(
        _ events: AsyncThrowingStream<AnswerEvent, any Error>, _ request: CompletionRequest, _ body: CompletionBody
    ) async throws -> Response {
        var first = events.makeAsyncIterator()
        guard try await first.next() != nil else { throw APIError.disconnected }
        var response = Response(
            status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
            body: ResponseBody { writer in
                if let opening = body.opening() { try await writer.write(CompletionRoutes.event(opening)) }
                do {
                    for try await event in events {
                        switch event {
                        case .started, .tokens: break
                        case .text(let text, let tokens):
                            let piece = body.piece(text, request.topLogprobs == nil ? nil : tokens)
                            try await writer.write(CompletionRoutes.event(piece))
                        case .refusal(let words):
                            try await writer.write(CompletionRoutes.event(body.refusal(words)))
                        case .finished(let answer):
                            try await writer.write(CompletionRoutes.event(body.closing(answer)))
                            if request.includesUsage {
                                try await writer.write(CompletionRoutes.event(body.usage(answer)))
                            }
                        }
                    }
                } catch {
                    // The status is sent already; all that is left is to say it in the stream.
                    let said = error as? APIError ?? .failed
                    try await writer.write(CompletionRoutes.event(said.json))
                }
                try await writer.write(ByteBuffer(string: "data: [DONE]\n\n"))
                try await writer.finish(nil)
            })
        response.name(body.version)
        return response
    }

    private static func event(_ json: JSONValue) -> ByteBuffer {
        var buffer = ByteBuffer(string: "data: ")
        buffer.writeBytes(json.serializedBytes())
        buffer.writeString("\n\n")
        return buffer
    }

    /// A version asked for by number may have to be loaded, which blocks.
    private func version(for model: String) async throws -> ServedVersion {
        guard model.contains(":") else { return try catalog.version(for: model) }
        return try await Blocking.run { try catalog.version(for: model) }
    }

    private func note(
        _ request: CompletionRequest, _ version: ServedVersion, _ body: CompletionBody, _ answer: Answer,
        since start: ContinuousClock.Instant
    ) {
        decisionLog?.append(
            DecisionRecord(
                time: Date(), request: request.body, response: body.whole(answer),
                workload: request.isChat ? version.task?.task.name : nil,
                decision: answer.decision(
                    version, client: request.client?.name,
                    settings: ServingSettings(version, escalation: answerer.escalation),
                    milliseconds: start.duration(to: .now) / .milliseconds(1))))
    }
}
