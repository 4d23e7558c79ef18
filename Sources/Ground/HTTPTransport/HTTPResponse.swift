/// The status line and the header fields of a response.
public struct HTTPResponseHead: Sendable {
    public var status: Int
    public var headers: HTTPHeaders

    public init(status: Int, headers: HTTPHeaders) {
        self.status = status
        self.headers = headers
    }
}

/// A response whose body has been read.
public struct HTTPResponse: Sendable {
    public var head: HTTPResponseHead
    public var body: [UInt8]

    public var status: Int { head.status }
    public var headers: HTTPHeaders { head.headers }
}

/// A response whose body arrives while it is read.
public struct HTTPStreamedResponse: Sendable {
    public var head: HTTPResponseHead
    public var body: HTTPBody

    public var status: Int { head.status }
    public var headers: HTTPHeaders { head.headers }
}

/// The chunks of a response body as they arrive. May be read once; letting go of it closes the transfer.
///
/// What arrives faster than it is read waits in memory, at most
/// ``HTTPRequest/maximumResponseByteCount`` bytes.
public struct HTTPBody: AsyncSequence, Sendable {
    public typealias Element = [UInt8]
    public typealias Failure = any Error

    let chunks: AsyncThrowingStream<[UInt8], any Error>
    /// Keeps the thread that feeds the body alive.
    let client: HTTPClient

    public struct AsyncIterator: AsyncIteratorProtocol {
        var iterator: AsyncThrowingStream<[UInt8], any Error>.AsyncIterator
        let client: HTTPClient

        /// The next chunk, nil after the last.
        /// - Throws: an ``HTTPError`` when the body does not arrive whole.
        public mutating func next() async throws -> [UInt8]? { try await iterator.next() }
    }

    public func makeAsyncIterator() -> AsyncIterator {
        AsyncIterator(iterator: chunks.makeAsyncIterator(), client: client)
    }
}
