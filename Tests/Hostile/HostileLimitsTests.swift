import Foundation
import JSON
import Testing
import TestSupport

/// What the machine takes away: memory, room in files, and the model itself.
@Suite(.serialized, .ownThreads)
struct HostileLimitsTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    /// Sixty bodies of 4 MiB at once, from as many clients, in 512 MiB.
    @Test func littleMemoryIsEnough() async throws {
        let siege = try await Siege(limits: ["--data=\(512 << 20)", "--core=0"], in: folder)
        let body = Siege.post(
            Array(#"{"model":"\#(Siege.model)","prompt":"\#(String(repeating: "a ", count: 2_000_000))"}"#.utf8))
        try await withThrowingTaskGroup(of: String.self) { group in
            for _ in 0..<60 {
                group.addTask {
                    let connection = try RawConnection(siege.server.url)
                    connection.send(body)
                    return String(connection.read(until: "\r\n\r\n", within: 300).prefix(12))
                }
            }
            for try await status in group {
                // A prompt that no context holds, or no room for one more body.
                #expect(["HTTP/1.1 400", "HTTP/1.1 503", "HTTP/1.1 429"].contains(status), "\(status)")
            }
        }
        try await siege.expectWell(after: "60 large prompts", growth: 400 << 20)
    }

    /// A log that can grow no more takes no answer with it, and its loss is told.
    @Test func aLogWithoutRoomIsToldAndAnswersGoOn() async throws {
        // The registry's file is made before there is a limit.
        _ = await (try Siege(limits: ["--core=0"], in: folder)).server.stop()
        let log = try folder.write("decisions.jsonl", String(repeating: " ", count: (1 << 20) - 1500) + "\n")
        let siege = try await Siege("--decision-log", log, limits: ["--fsize=\(1 << 20)"], in: folder)
        try await siege.expectWell(after: "a full log")
        let health = try await siege.server.get("/healthz")
        #expect(health["status"] == "degraded")
        #expect(health["decisions"]?["lost"]?.integerValue ?? 0 > 0, "\(health.serialized())")
        let text = try String(contentsOfFile: log, encoding: .utf8)
        #expect(text.utf8.count <= 1 << 20)
    }

    @Test func aBaseThatIsReplacedByRenamingGoesOn() async throws {
        let base = try copyOfBase()
        let server = try await Server(["--base", base, "--workspace", folder.file("workspace")])
        _ = try folder.write("next", Data("no model".utf8))
        #expect(rename(folder.file("next"), base) == 0)
        for _ in 0..<4 {
            #expect(try await server.chat("base", "hello", [("max_tokens", 2)]).status == 200)
            try await Task.sleep(for: .milliseconds(500))
        }
        #expect(await server.stop() == 0)
    }

    /// What is no longer there cannot be read, and what is another model must not answer: the server says so and ends.
    @Test(arguments: ["truncated", "written"]) func aBaseThatChangesInPlaceEndsTheServer(_ how: String) async throws {
        let base = try copyOfBase()
        let server = try await Server(["--base", base, "--workspace", folder.file("workspace")])
        let file = try FileHandle(forUpdating: URL(filePath: base))
        if how == "truncated" {
            try file.truncate(atOffset: 4096)
        } else {
            try file.seek(toOffset: 5_000_000)
            try file.write(contentsOf: Data([1, 2, 3]))
        }
        // Whichever comes first, a request that reads what is gone or the watch, the end is the same.
        _ = try? await server.chat("base", "hello", [("max_tokens", 2)])
        for _ in 0..<3000 where server.process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
        try #require(!server.process.isRunning)
        #expect(server.process.terminationReason == .exit && server.process.terminationStatus == 1)
        let errors = try server.errors
        let said = ["\(base): a part of it is gone that was being read", "\(base): its content was changed in place"]
        #expect(said.contains { errors.contains("error: \($0)") }, "\(errors)")
        #expect(errors.contains("hint: "))
    }

    private func copyOfBase() throws -> String {
        try folder.write("base.gguf", try Data(contentsOf: URL(filePath: Checkout.base)))
    }
}
