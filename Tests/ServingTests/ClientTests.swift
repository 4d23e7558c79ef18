import Foundation
import HTTPTransport
import JSON
import Storage
import Testing
import TestSupport

/// Clients with keys and quotas of their own, on the running server.
@Suite(.serialized, .ownThreads)
struct ClientTests {
    private static let model = "retort-base-6m-f16"
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func key(_ name: String) -> String { "key-of-\(name)-0123456789" }

    /// A client's part of a file, with the digest of its key.
    private func client(_ name: String, _ quota: String = "") -> String {
        "  - {name: \(name), keys: ['\(ContentDigest(of: key(name)))']\(quota.isEmpty ? "" : ", \(quota)")}\n"
    }

    @discardableResult
    private func write(_ clients: String...) throws -> String {
        try folder.write("clients.yaml", "clients:\n" + clients.joined())
    }

    private func server(_ flags: String...) async throws -> Server {
        let owner = try folder.write("owner", key("owner"))
        try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: owner)
        return try await Server(
            [
                "--base", Checkout.base, "--workspace", folder.file("workspace"), "--clients",
                folder.file("clients.yaml"), "--api-key-file", owner,
            ] + flags)
    }

    private func send(
        _ server: Server, as name: String, _ path: String = "/v1/models", _ body: JSONValue? = nil
    ) async throws -> Reply {
        let headers: HTTPHeaders = ["authorization": "Bearer \(key(name))"]
        let bytes = body?.serializedBytes()
        return try Reply(try await server.send(bytes == nil ? "GET" : "POST", path, body: bytes, headers: headers))
    }

    private func complete(
        _ server: Server, as name: String, _ prompt: String, tokens: Int = 2, salt: String? = nil
    ) async throws -> Reply {
        var body = JSONObject([
            (key: "model", value: .string(ClientTests.model)), (key: "prompt", value: .string(prompt)),
            (key: "max_tokens", value: .integer(tokens)), (key: "temperature", value: 0),
        ])
        body["cache_salt"] = salt.map(JSONValue.string)
        return try await send(server, as: name, "/v1/completions", .object(body))
    }

    /// What the owner sees of a client.
    private func figures(_ server: Server, _ name: String) async throws -> JSONValue? {
        try await send(server, as: "owner", "/healthz").json["clients"]?.arrayValue?.first {
            $0["name"] == .string(name)
        }
    }

    @Test func requestsOverAQuotaAreToldWhenToComeAgain() async throws {
        try write(client("small", "requests_per_minute: 2"), client("other"))
        let server = try await server()
        for _ in 0..<2 { #expect(try await send(server, as: "small").status == 200) }
        let refused = try await send(server, as: "small")
        #expect(refused.status == 429)
        #expect(refused.errorCode == "rate_limit_exceeded")
        #expect(refused.json["error"]?["type"] == "requests")
        let seconds = try #require(refused.headers["retry-after"].flatMap { Int($0) })
        #expect((1...30).contains(seconds))
        #expect(refused.headers["x-should-retry"] == nil)
        #expect(
            refused.errorMessage
                == "rate limit of client small: 2 requests per minute are used up, expected another try in \(seconds) s"
        )
        // Nobody else has it worse, and health is asked of nobody's quota.
        for name in ["other", "owner"] { #expect(try await send(server, as: name).status == 200) }
        #expect(try await send(server, as: "small", "/healthz").json == ["status": "ok"])
        #expect(try await figures(server, "small")?["refused"] == 1)
        #expect(try await send(server, as: "stranger").status == 401)
    }

    @Test func tokensAreChargedWhetherOrNotAnybodyWaits() async throws {
        try write(client("day", "tokens_per_day: 60"), client("minute", "tokens_per_minute: 4"))
        let server = try await server()
        let first = try await complete(server, as: "minute", "where is my parcel", tokens: 30)
        let used = try #require(first.json["usage"]?["total_tokens"]?.integerValue)
        #expect(try await figures(server, "minute")?["tokens_today"] == .integer(used))
        let refused = try await complete(server, as: "minute", "and now")
        #expect(refused.status == 429 && refused.json["error"]?["type"] == "tokens", "\(refused.json)")
        // A client that leaves in the middle of its answer pays for what was computed.
        let body = #"{"model":"\#(ClientTests.model)","prompt":"tell me a story","max_tokens":900,"stream":true}"#
        do {
            let leaver = try RawConnection(server.url)
            leaver.send(
                "POST /v1/completions HTTP/1.1\r\nhost: x\r\nauthorization: Bearer \(key("day"))\r\n"
                    + "content-length: \(body.utf8.count)\r\n\r\n\(body)")
            leaver.read(until: "data: ")
        }
        var charged = 0
        for _ in 0..<200 where charged < 5 {
            charged = try await figures(server, "day")?["tokens_today"]?.integerValue ?? 0
            try await Task.sleep(for: .milliseconds(10))
        }
        #expect(charged >= 5)
        var status = 200
        for _ in 0..<60 where status == 200 { status = try await complete(server, as: "day", "more").status }
        let over = try await complete(server, as: "day", "more")
        #expect(over.status == 429)
        #expect(over.errorMessage.hasPrefix("rate limit of client day: 60 tokens per day are used up, expected "))
        // OpenAI's clients would otherwise hold the request open until tomorrow.
        #expect(over.headers["x-should-retry"] == "false")
    }

    @Test func theFileIsReadAnewAndABrokenOneChangesNothing() async throws {
        try write(client("a"), client("b", "requests_per_minute: 1"))
        let server = try await server()
        #expect(try await send(server, as: "b").status == 200)
        #expect(try await send(server, as: "b").status == 429)
        try write(client("b", "requests_per_minute: 1000"), client("c"))
        #expect(try await waitFor { try await send(server, as: "c").status == 200 })
        #expect(try await send(server, as: "a").status == 401, "who is gone from the file is gone at once")
        try await Task.sleep(for: .milliseconds(200))
        #expect(try await send(server, as: "b").status == 200, "1000 a minute come back faster")

        try folder.write("clients.yaml", "clients:\n  - {name: c, key: oops}\n  - {name: c, keys: [\(key("c"))]}\n")
        #expect(try await waitFor { try await send(server, as: "owner", "/healthz").json["status"] == "degraded" })
        #expect(try await send(server, as: "c").status == 200)
        let reason = try await send(server, as: "owner", "/healthz").json["reasons"]?.arrayValue?.first?.stringValue
        #expect(reason?.hasPrefix("clients and quotas stay as they were: ") == true, "\(reason ?? "")")
        #expect(try await send(server, as: "c", "/healthz").json == ["status": "degraded"])
        #expect(try server.errors.contains("warning: clients and quotas stay as they were: "))
        #expect(try !server.errors.contains(key("c")))
        try FileManager.default.removeItem(atPath: folder.file("clients.yaml"))
        #expect(
            try await waitFor {
                try await send(server, as: "owner", "/healthz").json["reasons"]?.arrayValue?.first?.stringValue?
                    .contains("cannot read") == true
            })
        try write(client("c"))
        #expect(try await waitFor { try await send(server, as: "owner", "/healthz").json["status"] == "ok" })
    }

    private func waitFor(_ condition: () async throws -> Bool) async throws -> Bool {
        for _ in 0..<1000 {
            if try await condition() { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test func everyProblemOfAFileIsSaidAndNoKey() async throws {
        let digest = ContentDigest(of: "x").description
        try folder.write(
            "clients.yaml",
            """
            clients:
              - {name: a, keys: [a-key-in-clear], request_per_minute: 1}
              - {name: a, keys: ['\(digest)', '\(digest)'], tokens_per_day: 0}
              - {name: ../b, keys: []}

            """)
        do {
            _ = try await server()
            Issue.record("a server started without clients that can be told apart")
        } catch let failure as Server.StartFailure {
            #expect(failure.status == 1)
            for problem in [
                "clients[0].keys: a text that is no digest, expected sha256: and 64 hexadecimal digits",
                "clients[0].request_per_minute: unknown key; did you mean 'requests_per_minute'?",
                "clients[1].name: 'a' again, expected each client once",
                "clients[1].keys: \(digest) again, expected each key once, at one client",
                "clients[1].tokens_per_day: '0', expected a whole number from 1 to ",
                "clients[2].name: '../b', expected 1 to 64 letters",
            ] { #expect(failure.errors.contains(problem), "\(problem): \(failure.errors)") }
            #expect(!failure.errors.contains("a-key-in-clear"))
        }
        let schema = try Executable.run("retort", "schema", "clients")
        #expect(schema.status == 0 && schema.output.contains("escalation_usd_per_day"))
    }

    @Test func aKeyIsMadeWithItsDigest() throws {
        let made = try Executable.run("retort-serve", "key").output.split(separator: "\n").map(String.init)
        let key = try #require(made.first?.dropFirst("key: ".count))
        #expect(made == ["key: \(key)", "digest: \(ContentDigest(of: String(key)))"])
        let known = try Executable.run("retort-serve", ["key", "--file", "-"], input: "\(key)\n")
        #expect(known.output == "\(made[1])\n")
        let short = try Executable.run("retort-serve", ["key", "--file", "-"], input: "open-sesame\n")
        #expect(short.status == 1)
        #expect(short.errors.hasPrefix("error: API key of standard input: 11 characters, expected at least 20"))
        #expect(!short.errors.contains("sesame"))
    }

    @Test func decisionsNameTheClientAndTheRequestCannot() async throws {
        try write(client("desk"))
        let log = folder.file("decisions.jsonl")
        let server = try await server("--decision-log", log, "--verbose")
        let body: JSONValue = [
            "model": .string(ClientTests.model), "prompt": "hello", "max_tokens": 1, "user": "owner",
            "metadata": ["client": "owner"],
        ]
        let reply = try await send(server, as: "desk", "/v1/completions", body)
        _ = try await send(server, as: "owner", "/v1/completions", body)
        let lines = try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n")
        let clients = try lines.map { try JSONValue(parsing: Array($0.utf8))["decision"]?["client"] }
        #expect(clients == ["desk", .null])
        let identifier = try #require(reply.headers["x-request-id"])
        #expect(try server.errors.contains(" ms \(identifier) base for desk\n"))
    }

    @Test func noCountTellsWhatAnotherClientSent() async throws {
        try write(client("a"), client("b"))
        let server = try await server()
        let prompt = String(repeating: "my account number is twelve ", count: 12)
        func cached(_ name: String, _ salt: String? = nil) async throws -> Int? {
            let reply = try await complete(server, as: name, prompt, salt: salt)
            return reply.json["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.integerValue
        }
        #expect(try await cached("a") == 0)
        #expect(try #require(try await cached("a")) > 20)
        #expect(try await cached("b") == 0)
        #expect(try await cached("a", "a user of a's") == 0, "a client may keep its own users apart")
        #expect(try #require(try await cached("a", "a user of a's")) > 20)
        let long = try await complete(server, as: "a", "x", salt: String(repeating: "s", count: 513))
        #expect(long.errorMessage == "cache_salt: 513 bytes, expected at most 512")
    }

    @Test func aKeyThatEverybodyCanReadIsWarnedOf() async throws {
        let key = try folder.write("open", "open-sesame")
        let base = ["--base", Checkout.base, "--workspace", folder.file("workspace"), "--api-key-file", key]
        let warning = "warning: \(key) holds a key and can be read by every user of this machine"
        try FileManager.default.setAttributes([.posixPermissions: 0o444], ofItemAtPath: key)
        #expect(try await Server(base).errors.contains(warning))
        try FileManager.default.setAttributes([.posixPermissions: 0o440], ofItemAtPath: key)
        #expect(try await !Server(base).errors.contains(warning))
    }
}
