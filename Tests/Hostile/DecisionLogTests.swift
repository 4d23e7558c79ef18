import Foundation
import Glibc
import HTTPTransport
import JSON
import Testing
import TestSupport

/// The decision log on a disk that fills up, while it is rotated, and under requests that are to blow it up.
@Suite(.ownThreads) struct DecisionLogTests {
    private let folder: ScratchFolder
    private var log: String { folder.file("decisions.jsonl") }

    init() throws { folder = try ScratchFolder() }

    private func serve(log: String? = nil) async throws -> Server {
        try await Server(
            [
                "--base", Checkout.base, "--workspace", folder.file("workspace"), "--decision-log", log ?? self.log,
            ])
    }

    private func ask(_ server: Server, _ text: String = "hello") async throws -> Reply {
        // An answer that is finished, so that a pull takes it.
        let fields: [(key: String, value: JSONValue)] = [("temperature", 0), ("stop", ["e", "a"])]
        let reply = try await server.chat("retort-base-6m-f16", text, fields)
        #expect(reply.status == 200, "\(reply.errorMessage)")
        return reply
    }

    private func records(_ name: String = "decisions.jsonl") throws -> [JSONValue] {
        let text = try folder.text(name)
        #expect(text.isEmpty || text.hasSuffix("\n"))
        return try text.split(separator: "\n").map { try JSONValue(parsing: String($0)) }
    }

    /// Lets no file of a process grow beyond a size, as a full disk does; nil lifts that.
    private func limitFiles(of server: Server, to size: Int?) throws {
        let outcome = try Executable.run(
            "prlimit",
            ["--pid", String(server.process.processIdentifier), "--fsize=\(size.map(String.init) ?? "unlimited"):"],
            in: "/usr/bin")
        try #require(outcome.status == 0, "\(outcome.errors)")
    }

    @Test func aFullDiskLosesWholeRecordsAndThatIsSaid() async throws {
        let server = try await serve()
        let first = try await ask(server)
        let before = try Data(contentsOf: URL(filePath: log))
        // A part of the next record fits.
        try limitFiles(of: server, to: before.count + 100)
        for _ in 0..<3 { _ = try await ask(server) }
        #expect(try Data(contentsOf: URL(filePath: log)) == before)
        let full = try await server.get("/healthz")
        #expect(full["status"] == "degraded")
        let reason = full["reasons"]?.arrayValue?.first?.stringValue ?? ""
        #expect(reason.hasPrefix("the decision log misses 3 records: cannot write"), "\(reason)")
        #expect(full["decisions"]?["written"] == 1)
        #expect(full["decisions"]?["lost"] == 3)
        #expect(full["decisions"]?["torn"] == 0)
        #expect(full["decisions"]?["bytes"]?.integerValue == before.count)

        try limitFiles(of: server, to: nil)
        let last = try await ask(server)
        let health = try await server.get("/healthz")
        #expect(health["status"] == "ok")
        #expect(health["decisions"]?["written"] == 2)
        #expect(health["decisions"]?["lost"] == 3)
        #expect(health["decisions"]?["failure"] == .null)
        #expect(try records().map { $0["response"]?["id"] } == [first.json["id"], last.json["id"]])
        #expect(try server.errors.contains("the decision log is written again; it misses 3 records in all"))
        #expect(try server.errors.components(separatedBy: "misses records").count == 2, "said once")
    }

    /// Where nothing can be taken back, either.
    @Test func aDeviceThatTakesNothingIsCounted() async throws {
        let server = try await serve(log: "/dev/full")
        for _ in 0..<2 { _ = try await ask(server) }
        let health = try await server.get("/healthz")
        #expect(health["decisions"]?["lost"] == 2)
        #expect(health["decisions"]?["written"] == 0)
        #expect(health["status"] == "degraded")
        #expect(await server.stop() == 0)
    }

    /// A crash cut the last record; it stays a line of its own, and is counted.
    @Test func aTornRecordTearsNoOther() async throws {
        try folder.write("decisions.jsonl", #"{"timestamp":"2026-01-"#)
        let server = try await serve()
        #expect(try await server.get("/healthz")["decisions"]?["torn"] == 1)
        // Nothing but the end of the torn line fits: the record is lost, and tears nothing.
        try limitFiles(of: server, to: 23)
        _ = try await ask(server)
        #expect(try await server.get("/healthz")["decisions"]?["lost"] == 1)
        try limitFiles(of: server, to: nil)
        let reply = try await ask(server)
        #expect(await server.stop() == 0)
        let lines = try folder.text("decisions.jsonl").split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.count == 3)
        #expect(lines.first == #"{"timestamp":"2026-01-"#)
        #expect(try JSONValue(parsing: String(lines[1]))["response"]?["id"] == reply.json["id"])
        let pulled = try Executable.run("retort-pull", log, "--workspace", folder.file("pulled"), "--json")
        #expect(pulled.status == 0, "\(pulled.errors)")
        let counts = try JSONValue(parsing: pulled.output.split(separator: "\n").last.map(String.init) ?? "")["counts"]
        #expect(counts?["kept"] == 1, "\(pulled.output)")
        #expect(counts?["dropped_not_json"] == 1, "\(pulled.output)")
    }

    /// Moved away and opened anew again and again while clients ask.
    @Test func rotationLosesAndDoublesNothing() async throws {
        let server = try await serve()
        let stop = Gate()
        let answered = try await withThrowingTaskGroup(of: [String].self) { group in
            for _ in 0..<4 {
                group.addTask {
                    var identifiers: [String] = []
                    while !stop.isOpen {
                        let reply = try await ask(server)
                        identifiers.append(reply.json["id"]?.stringValue ?? "")
                    }
                    return identifiers
                }
            }
            for number in 1...12 {
                try await Task.sleep(for: .milliseconds(30))
                try FileManager.default.moveItem(atPath: log, toPath: "\(log).\(number)")
                kill(server.process.processIdentifier, SIGHUP)
                for _ in 0..<6000 where !FileManager.default.fileExists(atPath: log) {
                    try await Task.sleep(for: .milliseconds(10))
                }
                try #require(FileManager.default.fileExists(atPath: log))
            }
            stop.open()
            var all: [String] = []
            for try await identifiers in group { all += identifiers }
            return all
        }
        let written = try await server.get("/healthz")["decisions"]?["written"]?.integerValue
        #expect(await server.stop() == 0)
        let names = ["decisions.jsonl"] + (1...12).map { "decisions.jsonl.\($0)" }
        let kept = try names.flatMap { try records($0) }.compactMap { $0["response"]?["id"]?.stringValue }
        #expect(answered.count > 12)
        #expect(kept.sorted() == answered.sorted())
        #expect(written == answered.count)
    }

    /// What the server does not use is refused, or not kept: a record is as long as what was asked.
    @Test(arguments: [
        #""messages":[{"role":"user","content":"hi","LONG":null}]"#,
        #""messages":[{"role":"user","content":"hi","cache_control":{"type":"LONG"}}]"#,
        #""messages":[{"role":"user","content":[{"type":"text","text":"hi","LONG":null}]}]"#,
        #""messages":[{"role":"user","content":[{"type":"text","text":"hi","cache_control":"LONG"}]}]"#,
        #""messages":[{"role":"user","content":"hi"}],"LONG":null"#,
        #""messages":[{"role":"user","content":"hi"}],"LONG":1"#,
        #""messages":[{"role":"user","content":"hi"}],"user":"LONG""#,
        #""messages":[{"role":"user","content":"hi"}],"metadata":{"LONG":"x"}"#,
        #""messages":[{"role":"user","content":"hi"}],"metadata":{"x":"LONG"}"#,
        #""messages":[{"role":"user","content":"hi"}],"priority":0.DIGITS"#,
        #""messages":[{"role":"user","content":"hi"}],"temperature":0.DIGITS"#,
        #""messages":[{"role":"user","content":"hi"}],"logit_bias":{"DIGITS5":0}"#,
        #""messages":[{"role":"user","content":"hi"}],"response_format":{"type":"text","LONG":"x"}"#,
        #""messages":[{"role":"user","content":"hi"}],"response_format":{"type":"text","x":"LONG"}"#,
        #""messages":[{"role":"user","content":"hi"}],"stream":true,"stream_options":{"LONG":null}"#,
        #""messages":[{"role":"user","content":"hi"}],"tools":[],"stop":[],"LONG":{"a":[{}]}"#,
    ])
    func aRecordHoldsNothingThatIsNotUsed(_ fields: String) async throws {
        let long = String(repeating: "0123456789", count: 100_000)
        let server = try await serve()
        let body = #"{"model":"retort-base-6m-f16","max_tokens":1,"# + fields + "}"
        let filled = body.replacing("LONG", with: "x" + long).replacing(
            "DIGITS", with: String(repeating: "0", count: 1_000_000))
        let response = try await server.send("POST", "/v1/chat/completions", body: Array(filled.utf8))
        #expect([200, 400].contains(response.status))
        #expect(response.body.count < 4000, "\(String(decoding: response.body.prefix(300), as: UTF8.self))")
        #expect(await server.stop() == 0)
        #expect(try folder.text("decisions.jsonl").utf8.count < 4000)
    }
}
