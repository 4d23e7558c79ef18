import Foundation
import HTTPTransport
import Testing
import TestSupport

/// Against real sockets on loopback that behave, and misbehave, byte for byte as written here.
@Suite struct HTTPClientTests {
    let client = HTTPClient()

    private func error(of request: HTTPRequest) async -> HTTPError? {
        do {
            _ = try await client.send(request)
            return nil
        } catch {
            return error as? HTTPError
        }
    }

    @Test func sendsMethodHeadersAndBodyAndReadsThemBack() async throws {
        let server = try ScriptedServer { connection in
            let lines = connection.request.components(separatedBy: "\r\n")
            let isRight =
                lines.first == "PUT /a?b=1 HTTP/1.1" && lines.contains("X-One: 1")
                && lines.contains("Content-Length: 4")
            connection.send(
                "HTTP/1.1 \(isRight ? 201 : 500) Made\r\nX-Two: 2\r\nx-two: 3\r\nContent-Length: 5\r\n\r\nhello")
        }
        let response = try await client.send(
            HTTPRequest("PUT", server.url + "/a?b=1", headers: ["X-One": "1"], body: Array("body".utf8)))
        #expect(response.status == 201)
        #expect(response.headers["X-TWO"] == "2")
        #expect(response.headers.fields.filter { $0.name.lowercased() == "x-two" }.map(\.value) == ["2", "3"])
        #expect(String(decoding: response.body, as: UTF8.self) == "hello")
    }

    @Test func anErrorStatusIsAResponse() async throws {
        let server = try ScriptedServer { $0.send("HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n") }
        let response = try await client.send(HTTPRequest("GET", server.url))
        #expect(response.status == 503)
        #expect(Backoff.retryAfter(response.headers) == .seconds(7))
    }

    @Test func nobodyListening() async throws {
        // Port 1 is for tcpmux, which nobody runs.
        let error = try #require(await error(of: HTTPRequest("GET", "http://127.0.0.1:1/secret?key=hush")))
        #expect(error.kind == .refused)
        #expect(error.isBeforeSending)
        #expect(error.description.contains("http://127.0.0.1:1"))
        #expect(!error.description.contains("hush") && !error.description.contains("secret"))
    }

    @Test func redirectsAreNotFollowed() async throws {
        let server = try ScriptedServer {
            $0.send("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        }
        #expect(try await client.send(HTTPRequest("GET", server.url)).status == 302)
    }

    @Test func silenceTimesOut() async throws {
        // The server closes in the end. Which comes first is between its thread and the client's, neither of which waits
        // for a core as a test may.
        let server = try ScriptedServer { _ in Thread.sleep(forTimeInterval: 20) }
        #expect(await error(of: HTTPRequest("GET", server.url, timeout: .milliseconds(300)))?.kind == .timeout)
    }

    @Test func aConnectionThatBreaksIsCut() async throws {
        let half = try ScriptedServer { $0.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") }
        #expect(await error(of: HTTPRequest("GET", half.url))?.kind == .cut)
        let nothing = try ScriptedServer { _ in }
        #expect(await error(of: HTTPRequest("GET", nothing.url))?.kind == .cut)
    }

    @Test func aResponseBeyondTheBoundIsTooLarge() async throws {
        let server = try ScriptedServer {
            $0.send("HTTP/1.1 200 OK\r\nContent-Length: 1001\r\n\r\n" + String(repeating: "x", count: 1001))
        }
        let tooLarge = HTTPRequest("GET", server.url, maximumResponseByteCount: 1000)
        #expect(await error(of: tooLarge)?.kind == .tooLarge)
        let fits = HTTPRequest("GET", server.url, maximumResponseByteCount: 1001)
        #expect(try await client.send(fits).body.count == 1001)
    }

    @Test func whatIsNotTLSIsNoSecureConnection() async throws {
        let server = try ScriptedServer(readsRequest: false) { connection in
            connection.send("HTTP/1.1 400 Bad Request\r\n\r\n")
            Thread.sleep(forTimeInterval: 0.5)
        }
        #expect(
            await error(of: HTTPRequest("GET", "https://127.0.0.1:\(server.port)/", timeout: .seconds(5)))?.kind == .tls
        )
    }

    @Test(arguments: ["file:///etc/hostname", "ftp://127.0.0.1/", "not a url", ""])
    func onlyHTTPIsSpoken(url: String) async throws {
        #expect(await error(of: HTTPRequest("GET", url))?.kind == .invalidRequest)
    }

    @Test func aHeaderCannotSmuggleAnother() async throws {
        let request = HTTPRequest("GET", "http://127.0.0.1:1/", headers: ["X-Key": "a\r\nX-Other: b"])
        #expect(await error(of: request)?.kind == .invalidRequest)
    }

    @Test func aStreamedBodyIsReadWhileItArrives() async throws {
        let firstWasRead = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { connection in
            connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nfirst\r\n")
            // The second chunk is sent only after the client has seen the first.
            firstWasRead.wait()
            connection.send("6\r\nsecond\r\n0\r\n\r\n")
        }
        let response = try await client.stream(HTTPRequest("GET", server.url, timeout: .seconds(300)))
        #expect(response.status == 200)
        var pieces: [String] = []
        for try await chunk in response.body {
            pieces.append(String(decoding: chunk, as: UTF8.self))
            firstWasRead.signal()
        }
        #expect(pieces == ["first", "second"])
    }

    @Test func cancellingATaskEndsItsRequest() async throws {
        let (events, feed) = AsyncStream.makeStream(of: Bool.self)
        let isCancelled = DispatchSemaphore(value: 0)
        let server = try ScriptedServer { connection in
            feed.yield(false)
            isCancelled.wait()
            feed.yield(connection.isClosed(within: 20))
        }
        let task = Task { try await client.send(HTTPRequest("GET", server.url)) }
        var closings = events.makeAsyncIterator()
        #expect(await closings.next() == false, "the request is there")
        task.cancel()
        isCancelled.signal()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(await closings.next() == true)
    }

    @Test func manyRequestsAtOnce() async throws {
        let server = try ScriptedServer { connection in
            let number = connection.request.split(separator: " ").dropFirst().first.map { String($0.dropFirst()) } ?? ""
            connection.send(
                "HTTP/1.1 200 OK\r\nContent-Length: \(number.utf8.count)\r\nConnection: close\r\n\r\n\(number)")
        }
        let bodies = try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<100 {
                group.addTask { [client] in
                    let response = try await client.send(HTTPRequest("GET", "\(server.url)/\(number)"))
                    return (number, String(decoding: response.body, as: UTF8.self))
                }
            }
            return try await group.reduce(into: [Int: String]()) { $0[$1.0] = $1.1 }
        }
        #expect(bodies == Dictionary(uniqueKeysWithValues: (0..<100).map { ($0, "\($0)") }))
    }
}
