import ArgumentParser
import Foundation
import JSON
import Replay
import StageInterface
import Storage

/// Parses, starts the server, says where it is.
@main
struct ReplayCommand: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-replay",
        abstract: "Serve recorded answers as a teacher to rehearse with, faults on request.",
        discussion: """
            Prints one JSON line, {"url", "pid"}, once it takes requests; ends on SIGTERM or ^C. Routes: \
            POST /v1/chat/completions, POST /v1/messages, GET /v1/models, /healthz and /stats.

            Example: retort-replay --recording teacher.jsonl --port 8081 --faults 429=0.05
            """,
        version: retortVersion)

    @OptionGroup var options: StageOptions

    @Option(help: "The recorded answers, JSON Lines, plain or gzip.")
    var recording: String

    @Option(help: "The address to listen at.")
    var host = "127.0.0.1"

    @Option(help: "The port to listen at; 0 for any free one.")
    var port = 0

    @Option(help: "How long each answer takes, milliseconds.")
    var latencyMs = 0

    @Option(
        help: ArgumentHelp(
            "What goes wrong, as shares of the requests: 429=0.05,500=0.02,cut=0.01,malformed=0.01,nonsense=0.01,slow=0.1.",
            valueName: "list"))
    var faults = ""

    @Option(help: "The seed of the faults.")
    var seed: UInt64 = 0

    @Option(help: "No more faults after this many. (default: no limit)")
    var faultLimit: Int?

    @Option(help: "How much longer a slow answer takes, milliseconds.")
    var slowMs = 2000

    @Option(help: "What an answer with status 429 asks to wait, milliseconds.")
    var retryAfterMs = 250

    @Option(help: ArgumentHelp("The environment variable with the key to require.", valueName: "variable"))
    var requireKey: String?

    @Option(help: "A file for one JSON line a request, without anything of its text.")
    var log: String?

    func validate() throws {
        guard (0...65535).contains(port) else { throw ValidationError("--port: \(port), expected 0 to 65535") }
        let day = 86_400_000
        for (name, value) in [("latency-ms", latencyMs), ("slow-ms", slowMs), ("retry-after-ms", retryAfterMs)] {
            guard (0...day).contains(value) else { throw ValidationError("--\(name): \(value), expected 0 to \(day)") }
        }
        guard faultLimit ?? 0 >= 0 else {
            throw ValidationError("--fault-limit: \(faultLimit ?? 0), expected 0 or more")
        }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        var server = ReplayServer.Options()
        server.host = host
        server.port = port
        server.latency = .milliseconds(latencyMs)
        server.slowness = .milliseconds(slowMs)
        server.retryAfter = .milliseconds(retryAfterMs)
        server.faults = try Faults(faults, seed: seed, limit: faultLimit)
        if let requireKey {
            guard let key = ProcessInfo.processInfo.environment[requireKey], !key.isEmpty else {
                throw StageFailure(.badInput, "--require-key: \(KeyFile.words(forVariable: requireKey)) is not set")
            }
            server.key = key
        }
        if let log {
            try OutputPath.check(log, as: "--log", reading: ["--recording": recording])
            server.log = try openLog(log, console)
        }
        let recording = try Recording(path: recording)
        console.say("\(recording.count) recorded answers")
        let host = host.contains(":") ? "[\(host)]" : host
        try await ReplayServer(recording: recording, options: server).run(listensForSignals: true) { port in
            let ready: JSONValue = [
                "url": .string("http://\(host):\(port)"),
                "pid": .integer(Int(ProcessInfo.processInfo.processIdentifier)),
            ]
            // Whoever started this waits for the line, `--json` or not.
            print(ready.serialized())
            fflush(nil)
        }
        return nil
    }

    private func openLog(_ path: String, _ console: Console) throws -> @Sendable (JSONValue) -> Void {
        try AtomicFile.write("", to: path, isPrivate: true)
        let handle = try FileHandle(appendingTo: path)
        return { line in
            do {
                try handle.writeAll((line.serialized() + "\n").utf8)
            } catch {
                console.warn("\(path): \(error)")
            }
        }
    }
}
