import Foundation
import JSON
import Replay
import Testing
import TestSupport

/// The built `retort-replay`.
@Suite struct ReplayCommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    private func recording(_ lines: String) throws -> String { try folder.write("recording.jsonl", lines) }

    @Test func endsCleanlyAndSaysWhereItIs() async throws {
        let path = try recording(#"{"input": "a", "answer": "b"}"#)
        let ended = try await Ended.of("retort-replay", ["--recording", path]) { process in
            // It can be asked to end as soon as it has said where it is.
            let output = try #require(process.standardOutput as? FileHandle)
            while process.isRunning, try output.seekToEnd() == 0 { try await Task.sleep(for: .milliseconds(10)) }
            kill(process.processIdentifier, SIGTERM)
        }
        #expect(ended.status == 0 && !ended.wasKilled, "\(ended.talk)")
        let ready = try JSONValue(parsing: ended.output)
        #expect(ready["url"]?.stringValue?.hasPrefix("http://127.0.0.1:") == true)
        #expect(ready["pid"]?.integerValue != nil)
    }

    @Test func anOccupiedPortIsSaid() async throws {
        let path = try recording(#"{"input": "a", "answer": "b"}"#)
        let server = try rehearsal()
        try await server.serve { url in
            let port = url.split(separator: ":").last.map(String.init) ?? ""
            let ended = try await Ended.of("retort-replay", ["--recording", path, "--port", port])
            #expect(ended.status == 1)
            #expect(ended.talk.contains("in use by another process"))
            #expect(ended.talk.contains("hint: choose another --port"))
            #expect(ended.output.isEmpty)
        }
    }

    @Test(arguments: [
        ("{\"input\": \"a\"\n", "line 1: not valid JSON"), ("{\"input\": \"a\"}", "line 1: answer: missing"),
        ("\n{\"answer\": \"a\"}", "line 2: no response"), ("", "no recorded answers"),
    ])
    func aBadRecordingIsNamed(lines: String, message: String) async throws {
        let path = try recording(lines)
        let ended = try await Ended.of("retort-replay", ["--recording", path])
        #expect(ended.status == 1 && ended.talk.contains(message), "\(ended.talk)")
        #expect(try await Ended.of("retort-replay", ["--recording", path + ".none"]).status == 1)
    }

    @Test(arguments: ["429", "429=2", "200=0.1", "often=0.1", "500=0.6,cut=0.6"])
    func badFaultsAreNamed(faults: String) async throws {
        let path = try recording(#"{"input": "a", "answer": "b"}"#)
        let ended = try await Ended.of("retort-replay", ["--recording", path, "--faults", faults])
        #expect(ended.status == 1 && ended.talk.contains("error: faults: "), "\(ended.talk)")
    }
}
