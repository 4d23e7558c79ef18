import Foundation
import Randomness
import Testing
import TestSupport

/// What is no request, or two at once, or a flood, sent as raw bytes.
@Suite(.serialized, .ownThreads)
struct HostileBytesTests {
    private typealias Attack = (name: String, bytes: [UInt8])

    private static func text(_ name: String, _ text: String) -> Attack { (name, Array(text.utf8)) }

    private static func get(_ fields: String, path: String = "/healthz") -> String {
        "GET \(path) HTTP/1.1\r\nhost: x\r\n\(fields)\r\n"
    }

    private static func chunked(_ chunks: String) -> String {
        "POST /v1/completions HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n\(chunks)"
    }

    private static func many(_ count: Int, _ text: (Int) -> String) -> String { (0..<count).map(text).joined() }

    private static var garbage: [Attack] {
        var random = SplitMix64(seed: 17)
        return (0..<20).map { number in
            ("garbage \(number)", (0..<4096).map { _ in UInt8(random.next() & 0xFF) })
        }
    }

    /// Protocols that are not ours.
    private static let strangers: [Attack] = [
        (
            "a TLS hello",
            [22, 3, 1, 2, 0, 1, 0, 1, 252, 3, 3] + [UInt8](repeating: 0xAB, count: 505)
        ),
        text("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\u{4}\0\0\0\0\0"),
        text(
            "an upgrade to HTTP/2",
            get("connection: upgrade, http2-settings\r\nupgrade: h2c\r\nhttp2-settings: AAMAAABkAAQAAP__\r\n")),
        text(
            "a websocket",
            get(
                "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n"
                    + "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n")),
        text("SMTP", "EHLO mail.example\r\nMAIL FROM:<a@b>\r\n"),
        ("SOCKS", [5, 1, 0, 5, 1, 0, 1, 127, 0, 0, 1, 0, 80]),
        text("a proxy's tunnel", "CONNECT evil.example:443 HTTP/1.1\r\nhost: evil.example\r\n\r\n"),
        text("HTTP/0.9", "GET /healthz\r\n"),
    ]

    private static let heads: [Attack] = [
        text("a long target", "GET /\(String(repeating: "a", count: 1_000_000)) HTTP/1.1\r\nhost: x\r\n\r\n"),
        text("many fields", get(many(100_000) { "x-\($0): a\r\n" })),
        text("the same field", get(many(100_000) { _ in "cookie: a\r\n" })),
        text("a long field", get("x: \(String(repeating: "a", count: 4_000_000))\r\n")),
        text("a head without an end", "GET /healthz HTTP/1.1\r\n" + many(50_000) { "x-\($0): a\r\n" }),
        text("folded fields", get("x: a\r\n b\r\n\tc\r\n")), text("a space before the colon", get("x : a\r\n")),
        text("bare line feeds", "GET /healthz HTTP/1.1\nhost: x\n\n"),
        text("bare returns", "GET /healthz HTTP/1.1\rhost: x\r\r"),
        text("a zero byte", get("x: a\0b\r\n")),
        ("no UTF-8", Array("GET /\u{0}".utf8) + [0xFF, 0xFE, 0xC0, 0x80] + Array(" HTTP/1.1\r\nhost: x\r\n\r\n".utf8)),
        (
            "a field that is no UTF-8",
            Array("GET / HTTP/1.1\r\nhost: x\r\nx-request-id: ".utf8) + [0xC3, 0x28, 13, 10, 13, 10]
        ),
        text("escapes of a terminal", get("x-request-id: \u{1B}[2J\u{1B}]0;x\u{7}\r\n", path: "/%1B%5B2J%0Aforged")),
        text("percent signs", get("", path: "/v1/models/%%%zz%")),
        text("dots", get("", path: "/v1/models/..%2F..%2F..%2Fetc%2Fpasswd")),
        text("many requests at once", many(2000) { _ in get("") }),
        text("a range", get("range: bytes=\(many(5000) { "\($0)-," })\r\n")),
    ]

    private static let chunks: [Attack] = [
        text("a chunk of 16 EiB", chunked("FFFFFFFFFFFFFFFF\r\n{}")),
        text("a chunk beyond that", chunked("1FFFFFFFFFFFFFFFFF\r\n{}")),
        text("a negative chunk", chunked("-1\r\n{}\r\n")), text("a spaced chunk", chunked(" 2 \r\n{}\r\n0\r\n\r\n")),
        text("0x", chunked("0x2\r\n{}\r\n0\r\n\r\n")),
        text("a long extension", chunked("2;\(String(repeating: "a", count: 1_000_000))\r\n{}\r\n0\r\n\r\n")),
        text("tiny chunks", chunked(many(200_000) { _ in "1\r\n \r\n" } + "0\r\n\r\n")),
        text("a tiny chunk with extensions", chunked(many(20_000) { "1;a\($0)=b\r\n \r\n" } + "0\r\n\r\n")),
        text("trailers", chunked("2\r\n{}\r\n0\r\n" + many(100_000) { "x-\($0): a\r\n" } + "\r\n")),
        text("endless chunks", chunked(many(100) { _ in "10000\r\n\(String(repeating: " ", count: 65_536))\r\n" })),
    ]

    private static let bodies: [Attack] = [
        ("a body that is no UTF-8", Siege.post([0x7B, 0x22, 0xFF, 0x22, 0x3A, 0x31, 0x7D])),
        text("zeros", String(decoding: Siege.post([UInt8](repeating: 0, count: 100_000)), as: UTF8.self)),
        body("a number without end", #"{"model":"x","seed":\#(String(repeating: "9", count: 4_000_000))}"#),
        body("a large exponent", #"{"model":"x","seed":1e999999999999}"#),
        body("a small exponent", #"{"model":"x","temperature":1e-999999999999}"#),
        body("many exponents", "[" + many(300_000) { "1e\($0)," } + "1]"),
        body("deep", String(repeating: "[", count: 4_000_000)),
        body("deep objects", String(repeating: #"{"a":"#, count: 700_000)),
        body("half a surrogate", #"{"model":"\ud800","prompt":"x"}"#), body("words of JavaScript", #"{"model":NaN}"#),
        body("the same key", "{" + many(200_000) { _ in #""model":"x","# } + #""model":"x"}"#),
        ("a bomb", Siege.post(bomb, "content-encoding: gzip\r\n")),
        ("what is no gzip", Siege.post([31, 139, 8, 0, 1, 2, 3], "content-encoding: gzip\r\n")),
    ]

    private static func body(_ name: String, _ text: String) -> Attack { (name, Siege.post(Array(text.utf8))) }

    /// A megabyte of gzip that would become a gigabyte of spaces.
    private static let bomb: [UInt8] = {
        let process = Process(), output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = ["-c", "head -c 1000000000 /dev/zero | tr '\\0' ' ' | gzip -1"]
        process.standardOutput = output
        guard (try? process.run()) != nil else { return [] }
        let data = output.fileHandleForReading.readDataToEndOfFile()
        return [UInt8](data.prefix(4_000_000))
    }()

    @Test func noBytesEndTheServerOrDisturbOthers() async throws {
        let siege = try await Siege(
            limits: ["--nofile=256:256", "--data=\(2 << 30)", "--core=0"], in: try ScratchFolder())
        for (name, bytes) in Self.garbage + Self.strangers + Self.heads + Self.chunks + Self.bodies {
            let connection = try RawConnection(siege.server.url)
            connection.send(bytes)
            connection.read(within: 0.3)
            #expect(!connection.received.contains("HTTP/1.1 500"), "\(name): \(connection.received.prefix(300))")
            try await siege.expectWell(after: name, growth: 192 << 20)
        }
        #expect(try await siege.descriptorsAreGivenBack())
        let errors = try siege.server.errors
        #expect(!errors.contains("\u{1B}"), "\(errors)")
    }

    /// Bytes after a request that two readers could end in different places never become a request.
    @Test func nothingIsSmuggled() async throws {
        let siege = try await Siege("--verbose", limits: ["--nofile=256:256"], in: try ScratchFolder())
        let inner = "GET /smuggled HTTP/1.1\r\nhost: x\r\n\r\n"
        func post(_ fields: String, _ body: String = "") -> String {
            "POST /v1/completions HTTP/1.1\r\nhost: x\r\n\(fields)\r\n\(body)"
        }
        let ended = "0\r\n\r\n" + inner
        for fields in [
            "content-length: \(ended.utf8.count)\r\ntransfer-encoding: chunked\r\n",
            "transfer-encoding: chunked\r\ncontent-length: \(ended.utf8.count)\r\n",
            "content-length: 5\r\ncontent-length: \(ended.utf8.count)\r\n",
            "content-length: 5, \(ended.utf8.count)\r\n", "content-length: +5\r\n", "content-length: 0x5\r\n",
            "content-length : 5\r\n", "content-length:\u{B}5\r\n", "content-length: 5 5\r\n",
            "transfer-encoding: identity, chunked\r\n", "transfer-encoding: chunked, identity\r\n",
            "transfer-encoding: xchunked\r\n", "transfer-encoding: \u{B}chunked\r\n",
            "transfer-encoding: chunked\r\ntransfer-encoding: x\r\n", "transfer-encoding:\r\n chunked\r\n",
            "Transfer-Encoding : chunked\r\n", "x: a\r transfer-encoding: chunked\r\n",
            "transfer-encoding: \"chunked\"\r\n", "x: a\ntransfer-encoding: chunked\r\ncontent-length: 5\r\n",
        ] {
            let connection = try RawConnection(siege.server.url)
            connection.send(post(fields, ended))
            connection.read(within: 0.5)
            #expect(!connection.received.contains("smuggled"), "\(fields): \(connection.received)")
        }
        try await siege.expectWell(after: "smuggling")
        let errors = try siege.server.errors
        #expect(!errors.contains("/smuggled"), "\(errors)")
    }
}
