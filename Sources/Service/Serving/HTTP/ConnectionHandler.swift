import JSON
import NIOCore
import NIOHTTP1

/// What HTTP/1 asks of a connection beside the requests that it carries: versions, `Host`, codings, `Expect`, the end of
/// the connection, deadlines, and an answer to what is no HTTP at all.
///
/// Stands between NIO's parser and what answers requests, and knows of each request only how far it is.
final class ConnectionHandler: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    /// A request that is not answered to its end yet.
    private struct Exchange {
        var isOld: Bool
        /// Whether the connection ends with the answer.
        var closes: Bool
        var awaitsContinue: Bool
        var isRead = false
        var isAnswering = false
    }

    private enum Wait { case request, head, body }

    private let limits: ConnectionLimits
    private let connections: OpenConnections
    /// In the order of arrival; the first is the one that is worked on.
    private var exchanges: [Exchange] = []
    private var hasPartOfHead = false
    /// More is to be read when some of the requests that came are answered.
    private var holdsRead = false
    /// Nothing more is taken from the client.
    private var isDeaf = false
    /// What the application still says is not passed on: the connection has been answered for it.
    private var isMute = false
    /// Said when the requests before it are answered.
    private var lastWord: APIError?
    private var readDeadline: Scheduled<Void>?
    private var writeDeadline: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(limits: ConnectionLimits, connections: OpenConnections) {
        self.limits = limits
        self.connections = connections
    }

    // MARK: The connection

    func handlerAdded(context: ChannelHandlerContext) { self.context = context }

    func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        if connections.open(context.channel) {
            wait(for: .request, context)
        } else {
            say(.tooManyConnections, context, lingers: false)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        connections.close(context.channel)
        readDeadline?.cancel()
        writeDeadline?.cancel()
        context.fireChannelInactive()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        // The client has read what ended the connection.
        if case .inputClosed? = event as? ChannelEvent, isDeaf, exchanges.isEmpty { context.close(promise: nil) }
        context.fireUserInboundEventTriggered(event)
    }

    /// A client that takes nothing of its answer is cut off.
    func channelWritabilityChanged(context: ChannelHandlerContext) {
        writeDeadline?.cancel()
        writeDeadline = nil
        if !context.channel.isWritable {
            writeDeadline = schedule(limits.clientTimeout, context) { $1.close(promise: nil) }
        }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard let error = error as? HTTPParserError else {
            context.fireErrorCaught(error)
            return
        }
        if case .invalidEOFState = error {
            context.close(promise: nil)
        } else if !isDeaf {
            refuse(RequestHeadCheck.problem(error), context)
        }
    }

    // MARK: Requests

    /// No more requests are taken while so many wait for those before them.
    private static let mostWaiting = 4

    func read(context: ChannelHandlerContext) {
        holdsRead = exchanges.count > ConnectionHandler.mostWaiting
        if !holdsRead { context.read() }
    }

    /// Told of every piece that arrives, before it is parsed.
    func received() {
        guard let context, exchanges.isEmpty, !hasPartOfHead, !isDeaf else { return }
        hasPartOfHead = true
        wait(for: .head, context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isDeaf else { return }
        switch unwrapInboundIn(data) {
        case .head(let head):
            hasPartOfHead = false
            if let problem = RequestHeadCheck.problem(head) {
                refuse(problem, context)
                return
            }
            exchanges.append(
                Exchange(
                    isOld: RequestHeadCheck.isOld(head), closes: !head.isKeepAlive,
                    awaitsContinue: RequestHeadCheck.awaitsContinue(head, upTo: limits.maximumBodyByteCount)))
            if exchanges.count == 1 { begin(context) }
        case .body: break
        case .end:
            exchanges[exchanges.count - 1].isRead = true
            if exchanges.count == 1 {
                connections.set(.answering, context.channel)
                stopWaiting()
            }
        }
        context.fireChannelRead(data)
    }

    /// The first request in line is worked on from now on.
    private func begin(_ context: ChannelHandlerContext) {
        connections.set(exchanges[0].isRead ? .answering : .receiving, context.channel)
        stopWaiting()
        guard !exchanges[0].isRead else { return }
        wait(for: .body, context)
        if exchanges[0].awaitsContinue {
            let head = HTTPResponseHead(version: .http1_1, status: .continue)
            context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
        }
    }

    // MARK: Answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isMute, !exchanges.isEmpty else {
            promise?.fail(ChannelError.ioOnClosedChannel)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head):
            exchanges[0].isAnswering = true
            if exchanges[0].isOld {
                // Without a length only the connection's end ends an answer; HTTP/1.0 knows no chunks.
                head.version = .http1_0
                if !head.headers.contains(name: "content-length") { exchanges[0].closes = true }
            }
            // What is left of a request that is answered before its end is not waited for.
            if !exchanges[0].isRead { exchanges[0].closes = true }
            if exchanges[0].closes {
                head.headers.replaceOrAdd(name: "connection", value: "close")
            } else if exchanges[0].isOld {
                head.headers.replaceOrAdd(name: "connection", value: "keep-alive")
            }
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .body: context.write(data, promise: promise)
        case .end:
            let exchange = exchanges.removeFirst()
            if holdsRead { read(context: context) }
            guard exchange.closes || !exchange.isRead else {
                context.write(data, promise: promise)
                next(context)
                return
            }
            end(data, promise, isRead: exchange.isRead, context)
        }
    }

    private func next(_ context: ChannelHandlerContext) {
        if let lastWord, exchanges.allSatisfy({ !$0.isRead }) {
            say(lastWord, context)
        } else if exchanges.isEmpty {
            connections.set(.idle, context.channel)
            wait(for: hasPartOfHead ? .head : .request, context)
        } else {
            begin(context)
        }
    }

    /// Answers in place of the application, and ends the connection; at once where no answer is under way.
    private func refuse(_ error: APIError, _ context: ChannelHandlerContext) {
        isDeaf = true
        stopWaiting()
        let isWaited = exchanges.isEmpty || exchanges.count == 1 && !exchanges[0].isRead
        guard isWaited else {
            lastWord = error
            return
        }
        guard exchanges.first?.isAnswering != true else { return }
        say(error, context)
    }

    /// - Parameter lingers: whether bytes that are still under way are read away, so that they do not take the answer.
    private func say(_ error: APIError, _ context: ChannelHandlerContext, lingers: Bool = true) {
        (isDeaf, isMute) = (true, true)
        let body = error.json.serializedBytes()
        let identifier = RequestIdentifier.make()
        let head = HTTPResponseHead(
            version: .http1_1, status: .init(statusCode: error.status),
            headers: [
                "content-type": "application/json", "content-length": String(body.count), "connection": "close",
                RequestIdentifier.field: identifier,
            ])
        limits.log("what was no whole request was answered with \(error.status) \(identifier)")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        exchanges = []
        end(wrapOutboundOut(.end(nil)), nil, isRead: !lingers, context)
    }

    /// Writes the end of the last answer, and closes when it is sent.
    ///
    /// A client that still sends would lose the answer if its bytes met a closed socket: they are read away for a while.
    private func end(
        _ data: NIOAny, _ promise: EventLoopPromise<Void>?, isRead: Bool, _ context: ChannelHandlerContext
    ) {
        isDeaf = true
        exchanges = []
        if holdsRead { read(context: context) }
        let sent = context.eventLoop.makePromise(of: Void.self)
        sent.futureResult.cascade(to: promise)
        context.writeAndFlush(data, promise: sent)
        sent.futureResult.assumeIsolated().whenComplete { [self] _ in
            guard !isRead, context.channel.isActive else {
                context.close(promise: nil)
                return
            }
            context.close(mode: .output, promise: nil)
            readDeadline?.cancel()
            readDeadline = schedule(.seconds(2), context) { $1.close(promise: nil) }
        }
    }

    // MARK: Deadlines

    private func wait(for wait: Wait, _ context: ChannelHandlerContext) {
        readDeadline?.cancel()
        readDeadline = schedule(wait == .request ? limits.idleTimeout : limits.clientTimeout, context) {
            switch wait {
            case .request: $1.close(promise: nil)
            case .head, .body: $0.refuse(.slow($0.limits.clientTimeout), $1)
            }
        }
    }

    private func stopWaiting() {
        readDeadline?.cancel()
        readDeadline = nil
    }

    private func schedule(
        _ delay: TimeAmount, _ context: ChannelHandlerContext,
        _ body: @escaping (ConnectionHandler, ChannelHandlerContext) -> Void
    ) -> Scheduled<Void> {
        context.eventLoop.assumeIsolated().scheduleTask(in: delay) { [self] in body(self, context) }
    }
}
