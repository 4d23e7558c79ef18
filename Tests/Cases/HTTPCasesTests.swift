import Foundation
import HTTPTransport
import JSON
import Testing
import TestSupport

/// HTTP as clients, proxies, browsers and load balancers speak it, against the running server.
@Suite(.serialized, .ownThreads)
struct HTTPCasesTests {
    private let folder: ScratchFolder
    private let body = #"{"model":"retort-base-6m-f16","prompt":"I want to","max_tokens":3,"temperature":0}"#

    init() throws { folder = try ScratchFolder() }

    private func server(_ flags: String...) async throws -> Server {
        try await Server(["--base", Checkout.base, "--workspace", folder.file("workspace")] + flags)
    }

    /// One request on a connection of its own, as it is written; what comes until the server closes.
    private func exchange(_ server: Server, _ text: String, until end: String? = nil) throws -> RawConnection {
        let connection = try RawConnection(server.url)
        connection.send(text)
        connection.read(until: end)
        return connection
    }

    private func post(_ fields: String, _ body: String, version: String = "1.1") -> String {
        "POST /v1/completions HTTP/\(version)\r\n\(fields)content-length: \(body.utf8.count)\r\n\r\n\(body)"
    }

    @Test func headAsksForAnAnswersHeaderFields() async throws {
        let server = try await server()
        for path in ["/healthz", "/v1/models", "/v1/models/retort-base-6m-f16"] {
            let whole = try await server.send("GET", path)
            let connection = try RawConnection(server.url)
            connection.send("HEAD \(path) HTTP/1.1\r\nhost: x\r\n\r\nGET \(path) HTTP/1.1\r\nhost: x\r\n\r\n")
            let text = connection.read(until: "}\n", within: 3)
            let answers = text.components(separatedBy: "HTTP/1.1 200 OK\r\n").dropFirst()
            #expect(answers.count == 2, "a body after HEAD would be taken for the next answer: \(text)")
            #expect(answers.first?.lowercased().contains("content-length: \(whole.body.count)\r\n") == true)
            #expect(answers.first?.hasSuffix("\r\n\r\n") == true)
        }
    }

    @Test func aWrongMethodIsNamedWithTheRightOnes() async throws {
        let server = try await server()
        for (method, path, allowed) in [
            ("GET", "/v1/chat/completions", "POST, OPTIONS"), ("PUT", "/v1/completions", "POST, OPTIONS"),
            ("DELETE", "/v1/models/x", "GET, HEAD, OPTIONS"), ("POST", "/healthz", "GET, HEAD, OPTIONS"),
            ("PATCH", "/v1/models", "GET, HEAD, OPTIONS"),
        ] {
            let answer = try exchange(
                server, "\(method) \(path) HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
            ).received
            #expect(answer.hasPrefix("HTTP/1.1 405 "), "\(method) \(path): \(answer)")
            #expect(answer.lowercased().contains("\r\nallow: \(allowed.lowercased())\r\n"), "\(answer)")
            #expect(answer.contains(#""code":"method_not_allowed""#))
        }
        let options = try exchange(server, "OPTIONS /v1/models HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")
        #expect(options.received.hasPrefix("HTTP/1.1 204 "))
        #expect(options.received.contains("\r\nAllow: GET, HEAD, OPTIONS\r\n"))
    }

    @Test func pathsAreReadAsURLsAre() async throws {
        let server = try await server()
        for path in ["/v1/models/", "/v1/models?limit=2", "/v1/%6Dodels", "/v1/models/retort-base%2D6m-f16"] {
            #expect(try await server.send("GET", path).status == 200, "\(path)")
        }
        for path in ["/", "/v1", "/healthz/x", "/v1/models/a/b", "/v2/models"] {
            let reply = try Reply(try await server.send("GET", path))
            #expect(reply.status == 404, "\(path)")
            #expect(["unknown_url", "model_not_found"].contains(reply.errorCode))
        }
    }

    @Test func aClientThatWaitsForContinueGetsIt() async throws {
        let server = try await server("--max-body", "5000")
        let connection = try RawConnection(server.url)
        let head = "POST /v1/completions HTTP/1.1\r\nhost: x\r\nexpect: 100-Continue\r\n"
        connection.send(head + "content-length: \(body.utf8.count)\r\n\r\n")
        #expect(connection.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        connection.clear()
        connection.send(body)
        #expect(connection.read(until: "}}").hasPrefix("HTTP/1.1 200 OK"))
        // A body that will not be taken is refused before it is sent.
        let large = try exchange(server, head + "content-length: 6000\r\n\r\n", until: "request_too_large")
        #expect(large.received.hasPrefix("HTTP/1.1 413 "))
        let other = try exchange(server, "GET /healthz HTTP/1.1\r\nhost: x\r\nexpect: a-miracle\r\n\r\n")
        #expect(other.received.hasPrefix("HTTP/1.1 417 "))
    }

    @Test func theOlderHTTPGetsLengthsAndAnEnd() async throws {
        let server = try await server()
        let whole = try exchange(server, post("", body, version: "1.0"))
        #expect(whole.isClosed)
        #expect(whole.received.hasPrefix("HTTP/1.0 200 OK"))
        #expect(whole.received.lowercased().contains("content-length: "))
        let streaming = body.dropLast() + #","stream":true}"#
        let stream = try exchange(server, post("", String(streaming), version: "1.0"))
        #expect(stream.isClosed)
        #expect(!stream.received.lowercased().contains("chunked"))
        #expect(stream.received.hasSuffix("data: [DONE]\n\n"))
        let kept = try RawConnection(server.url)
        for _ in 0..<2 {
            kept.clear()
            kept.send(post("connection: keep-alive\r\n", body, version: "1.0"))
            #expect(kept.read(until: "}}").contains("connection: keep-alive"))
        }
    }

    @Test func whatIsNoRequestIsAnsweredAndTheConnectionEnds() async throws {
        let server = try await server()
        let long = String(repeating: "x", count: 200_000)
        for (request, status) in [
            ("GET /healthz HTTP/1.1\r\n\r\n", 400), ("GET /healthz HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
            ("nonsense\r\n\r\n", 400), ("GET /healthz HTTP/3.7\r\nhost: x\r\n\r\n", 505),
            ("GET healthz HTTP/1.1\r\nhost: x\r\n\r\n", 400), ("GET / HTTP/1.1\r\nhost: x\r\na: \(long)\r\n\r\n", 431),
            (
                "POST /v1/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: xchunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
                501
            ),
            ("POST /v1/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n", 400),
            ("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n{}", 400),
            ("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n{}", 400),
            (
                "POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\ntransfer-encoding: chunked\r\n\r\n{}",
                400
            ),
        ] {
            let answer = try exchange(server, request)
            #expect(answer.isClosed)
            #expect(answer.received.hasPrefix("HTTP/1.1 \(status) "), "\(request.prefix(80)): \(answer.received)")
            #expect(answer.received.contains(#"{"error":{"message":"#), "\(request.prefix(80))")
        }
        // A client that leaves in the middle of its body is nobody's fault.
        do { try RawConnection(server.url).send(post("host: x\r\n", body).dropLast(20).description) }
        #expect(try await server.get("/healthz")["status"] == "ok")
        #expect(try !server.errors.contains("failed"))
    }

    @Test func requestsOnOneConnectionAreAnsweredInTurn() async throws {
        let server = try await server()
        let one = post("host: x\r\n", body)
        let answer = try exchange(server, one + one + "GET /healthz HTTP/1.1\r\nhost: x\r\nConnection: Close\r\n\r\n")
        #expect(answer.received.components(separatedBy: "HTTP/1.1 200 OK").count == 4, "\(answer.received)")
        #expect(answer.isClosed, "'close' counts in any case")
        // What is wrong with the third does not take the answers of the first two.
        let wrong = try exchange(server, one + one + "GET /healthz HTTP/1.1\r\n\r\n").received
        #expect(wrong.components(separatedBy: "HTTP/1.1 200 OK").count == 3, "\(wrong)")
        #expect(wrong.components(separatedBy: "HTTP/1.1 400 ").count == 2, "\(wrong)")
    }

    @Test func bodiesComeInTheFormsThatClientsHave() async throws {
        let server = try await server("--max-body", "100000")
        func send(_ bytes: [UInt8], _ headers: HTTPHeaders) async throws -> Reply {
            try Reply(try await server.send("POST", "/v1/completions", body: bytes, headers: headers))
        }
        let plain = Array(body.utf8)
        let taken: [([UInt8], HTTPHeaders)] = [
            (plain, ["content-type": "application/json; charset=UTF-8"]), (plain, ["content-encoding": "identity"]),
            ([0xEF, 0xBB, 0xBF] + plain, ["content-type": "application/json"]),
            (try gzip(plain), ["content-encoding": "gzip"]),
        ]
        for (bytes, headers) in taken {
            let reply = try await send(bytes, headers)
            #expect(reply.status == 200, "\(headers): \(reply.errorMessage)")
        }
        let refused: [([UInt8], HTTPHeaders, Int, String)] = [
            (plain, ["content-type": "multipart/form-data; boundary=x"], 415, "content-type: 'multipart/form-data'"),
            (plain, ["content-type": "application/json; charset=utf-16"], 415, "content-type: charset 'utf-16'"),
            (
                plain, ["content-type": "text/plain", "origin": "http://evil.example"], 415,
                "content-type: 'text/plain'"
            ),
            (plain, ["content-encoding": "br"], 415, "content-encoding: 'br', expected gzip or none"),
            (plain, ["content-encoding": "gzip"], 400, "the request body: not gzip"),
            (try gzip(plain).dropLast(9) + [], ["content-encoding": "gzip"], 400, "the request body: not gzip"),
            (
                try gzip([UInt8](repeating: 0x20, count: 30_000_000)), ["content-encoding": "gzip"], 413,
                "the request body is larger than 100000 bytes"
            ),
            ([], [:], 400, "the request body: empty"), ([0xFF, 0xFE, 0x7B, 0], [:], 400, "the request body: UTF-16"),
            (Array("{\"model\":\"\u{0}\"}".utf8), [:], 400, "the request body: not valid JSON"),
            ([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D], [:], 400, "the request body: not valid JSON: the string is"),
            (
                Array(String(repeating: "[", count: 50_000).utf8), [:], 400,
                "the request body: not valid JSON: nested deeper"
            ),
            (Array("[]".utf8), [:], 400, "the request body: an array, expected an object"),
        ]
        for (bytes, headers, status, message) in refused {
            let reply = try await send(bytes, headers)
            #expect(reply.status == status, "\(message): \(reply.errorMessage)")
            #expect(reply.errorMessage.hasPrefix(message), "\(reply.errorMessage)")
        }
    }

    /// Compressed by the tool that everybody has.
    private func gzip(_ bytes: [UInt8]) throws -> [UInt8] {
        let path = try folder.write("body-\(UUID().uuidString)", Data(bytes))
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["gzip", path]
        try process.run()
        process.waitUntilExit()
        return Array(try Data(contentsOf: URL(filePath: path + ".gz")))
    }

    @Test func thePagesOfAnOriginMayAsk() async throws {
        let server = try await server(
            "--cors-origin", "https://app.example", "--api-key-file", try folder.write("key", "open-sesame"))
        func preflight(_ origin: String) throws -> String {
            try exchange(
                server,
                "OPTIONS /v1/chat/completions HTTP/1.1\r\nhost: x\r\norigin: \(origin)\r\nconnection: close\r\n"
                    + "access-control-request-method: POST\r\n"
                    + "access-control-request-headers: authorization,x-stainless-os\r\n\r\n"
            ).received
        }
        let allowed = try preflight("https://app.example")
        #expect(allowed.hasPrefix("HTTP/1.1 204 "))
        for field in [
            "access-control-allow-origin: https://app.example", "access-control-allow-methods: POST, OPTIONS",
            "access-control-allow-headers: authorization,x-stainless-os", "vary: origin",
        ] { #expect(allowed.lowercased().contains("\r\n\(field.lowercased())\r\n"), "\(allowed)") }
        #expect(try !preflight("https://evil.example").lowercased().contains("access-control"))
        // The key's absence is told to the page, too.
        let refused = try await server.send("GET", "/v1/models", headers: ["origin": "https://app.example"])
        #expect(refused.status == 401)
        #expect(refused.headers["access-control-allow-origin"] == "https://app.example")
        let silent = try await self.server()
        let other = try await silent.send("GET", "/healthz", headers: ["origin": "https://app.example"])
        #expect(other.headers["access-control-allow-origin"] == nil)
    }

    @Test func theKeysSchemeIsReadInAnyCase() async throws {
        let server = try await server("--api-key-file", try folder.write("key", "open-sesame\n"))
        for scheme in ["bearer open-sesame", "BEARER open-sesame", "Bearer  open-sesame "] {
            #expect(try await server.send("GET", "/v1/models", headers: ["authorization": scheme]).status == 200)
        }
        for wrong in ["Basic open-sesame", "bearer", "bearer Open-Sesame", "open-sesame", ""] {
            let reply = try await server.send("GET", "/v1/models", headers: ["authorization": wrong])
            #expect(reply.status == 401, "\(wrong)")
            #expect(reply.headers["www-authenticate"] == "Bearer")
        }
        #expect(try await server.send("GET", "/v9").status == 401, "what there is is for those with a key")
        // Health is open, but only how it is.
        #expect(try await server.get("/healthz/") == ["status": "ok"])
        let known = try await server.send("GET", "/healthz", headers: ["authorization": "bearer open-sesame"])
        #expect(try JSONValue(parsing: known.body)["base"] != nil)
    }

    @Test func everyAnswerHasAnIdentifierAndALine() async throws {
        let server = try await server("--verbose")
        let reply = try await server.chat("retort-base-6m-f16", "a secret", [("max_tokens", 2)])
        let made = try #require(reply.headers["x-request-id"])
        #expect(made.hasPrefix("req_"))
        let named = try await server.send("GET", "/v1/nothing?key=hush", headers: ["x-request-id": "trace-7"])
        #expect(named.headers["x-request-id"] == "trace-7")
        let forged = try await server.send("GET", "/healthz", headers: ["x-request-id": "a b"])
        #expect(forged.headers["x-request-id"]?.hasPrefix("req_") == true)
        #expect(await server.stop() == 0)
        let lines = try server.errors.split(separator: "\n")
        #expect(lines.contains { $0.hasPrefix("POST /v1/chat/completions 200 ") && $0.hasSuffix("ms \(made) base") })
        #expect(lines.contains { $0.hasPrefix("GET /v1/nothing 404 ") && $0.contains("trace-7") })
        #expect(try !server.errors.contains("secret") && !server.errors.contains("hush"))
    }

    @Test func anOpenAddressWithoutAKeyIsWarnedOf() async throws {
        #expect(try await server("--host", "0.0.0.0").errors.contains("is open to everyone who reaches it"))
        #expect(try await !server("--host", "127.0.0.2").errors.contains("warning"))
        let key = try folder.write("key", "open-sesame")
        #expect(try await !server("--host", "0.0.0.0", "--api-key-file", key).errors.contains("is open to everyone"))
    }

    @Test func whoIsSlowOrIdleIsCut() async throws {
        let server = try await server("--client-timeout", "1", "--max-connections", "4")
        let head = try exchange(server, "GET /healthz HT")
        #expect(head.received.hasPrefix("HTTP/1.1 408 ") && head.isClosed, "\(head.received)")
        let slow = try RawConnection(server.url)
        slow.send("POST /v1/completions HTTP/1.1\r\nhost: x\r\ncontent-length: 1000\r\n\r\n")
        var sent = 0
        while slow.read(within: 0.2).isEmpty, sent < 100 {
            slow.send(" ")
            sent += 1
        }
        #expect(slow.received.hasPrefix("HTTP/1.1 408 "), "\(slow.received)")
        #expect(sent < 50, "a byte now and then does not keep it open")
        // One connection more than there is place for takes that of the one that has been idle longest.
        let idle = try (0..<4).map { _ in try RawConnection(server.url) }
        idle[0].read(within: 0.3)
        #expect(idle.contains { !$0.isClosed })
        let fresh = try exchange(server, "GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n", until: "}")
        #expect(fresh.received.hasPrefix("HTTP/1.1 200 OK"))
        #expect(
            idle.contains { connection in
                connection.read(within: 1)
                return connection.isClosed
            })
    }

    /// Bodies that never end hold so much and no more: one of sixteen and a few has no place, and others are served.
    @Test func openBodiesAreBoundedTogether() async throws {
        let server = try await server()
        let beginning = Array(post("host: x\r\n", String(repeating: " ", count: 4_100_000)).utf8.dropLast(1000))
        let open = try (0..<20).map { _ in try RawConnection(server.url) }
        for connection in open { connection.send(beginning) }
        let refused = open.count { $0.read(until: "too_many_bytes", within: 0.5).contains("too_many_bytes") }
        #expect((1...8).contains(refused), "\(refused)")
        #expect(try await server.get("/healthz")["status"] == "ok")
    }

    @Test func aHangupOpensTheLogAnewAndTheServerGoesOn() async throws {
        let log = folder.file("decisions.jsonl")
        let server = try await server("--decision-log", log)
        _ = try await server.chat("retort-base-6m-f16", "one", [("max_tokens", 1)])
        try FileManager.default.moveItem(atPath: log, toPath: log + ".1")
        kill(server.process.processIdentifier, SIGHUP)
        for _ in 0..<500 where try !server.errors.contains("SIGHUP") { try await Task.sleep(for: .milliseconds(10)) }
        _ = try await server.chat("retort-base-6m-f16", "two", [("max_tokens", 1)])
        #expect(await server.stop() == 0)
        #expect(try String(contentsOfFile: log + ".1", encoding: .utf8).contains("one"))
        #expect(try String(contentsOfFile: log, encoding: .utf8).contains("two"))
    }
}
