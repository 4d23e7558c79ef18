import ArgumentParser
import Foundation
import JSON
import Registry
import Serving
import StageInterface
import Storage
import Tasks
import Teachers
import Tensors

/// Parses, starts the server, and says where it listens.
struct Serve: StageCommand {
    static let configuration = CommandConfiguration(
        commandName: "retort-serve",
        abstract: "Serve a base and the adapters that registry aliases point at, with the OpenAI API.",
        discussion: """
            Follows the registry: when an alias moves, the new version is loaded, verified and swapped in while requests \
            go on. SIGTERM finishes what is in flight and ends the process; SIGHUP opens the decision log anew.

            `retort-serve key` makes a key for a client of --clients.

            Example: retort-serve --base model.gguf --task task.yaml --model support-intent@production
            """,
        version: retortVersion)

    @OptionGroup var options: StageOptions
    @OptionGroup(title: "Escalation") var escalation: EscalationFlags

    @Option(help: "The base model, GGUF.") var base: String
    @Option(help: "In place of the base's own: a built-in chat template's name, or a Jinja file.") var template: String?
    @Option(help: "A task.yaml; an adapter answers the task it was registered for, or the one of its name.")
    var task: [String] = []
    @Option(help: "NAME or NAME@alias of the registry; a bare name follows its alias 'production'.")
    var model: [String] = []
    @Option(help: "The address to listen on.") var host = "127.0.0.1"
    @Option(help: "The port to listen on; 0 takes any free one.") var port = 8080
    @Option(help: "How often the registry is looked at, milliseconds.") var pollMs = 200
    @OptionGroup var compute: ThreadOptions
    @Option(help: "Requests that are computed at once; by default as many as threads.") var concurrency: Int?
    @Option(help: "Requests that may wait; more are answered with 429.") var queue = 128
    @Option(help: "The most bytes of a request.") var maxBody = 4 << 20
    @Option(help: "How long a request may take, seconds.") var timeout = 120.0
    @Option(
        help: "How long a client may take to send a request's head, its body, or to take more of an answer, seconds.")
    var clientTimeout = 30.0
    @Option(help: "Connections that may be open at once; fewer where the process may not open so many files.")
    var maxConnections = 1024
    @Option(
        help: ArgumentHelp(
            "An origin whose pages may ask from a browser (CORS): https://app.example, or * for every page.",
            valueName: "origin"))
    var corsOrigin: [String] = []
    @Option(help: "Append every decision to this file, JSON Lines.") var decisionLog: String?
    @Flag(
        help: ArgumentHelp(
            """
            Answer requests for NAME:VERSION with versions that were never promoted, too: whoever asks chooses what \
            passed no gate.
            """))
    var unpromoted = false
    @OptionGroup(title: "Keys") var keys: KeyFlags

    func validate() throws {
        func check(_ name: String, _ value: Int?, _ range: ClosedRange<Int>) throws {
            guard let value, !range.contains(value) else { return }
            throw ValidationError("--\(name): \(value), expected \(range.lowerBound) to \(range.upperBound)")
        }
        try check("port", port, 0...65535)
        try check("poll-ms", pollMs, 1...3_600_000)
        try check("concurrency", concurrency, 1...1024)
        try check("queue", queue, 0...1_000_000)
        try check("max-body", maxBody, 1...1 << 30)
        try check("max-connections", maxConnections, 1...1_000_000)
        for (name, seconds) in [("timeout", timeout), ("client-timeout", clientTimeout)] {
            guard seconds >= 0.001, seconds <= 86_400 else {
                throw ValidationError("--\(name): \(seconds), expected 0.001 to 86400 seconds")
            }
        }
        for origin in corsOrigin where origin != "*" {
            let url = URL(string: origin)
            guard let url, url.scheme != nil, url.host() != nil, url.path().isEmpty, origin == origin.lowercased()
            else {
                throw ValidationError("--cors-origin: '\(origin)', expected an origin like https://app.example, or *")
            }
        }
    }

    func perform(_ console: Console) async throws -> StageReport? {
        var configuration = ServeConfiguration(base: base)
        if let threads = compute.threads { configuration.pool = ThreadPool(threads: threads) }
        configuration.template = template
        configuration.tasks = try task.map { try TaskDefinition(path: $0) }
        configuration.models = try model.map { try VersionSelector($0) }
        (configuration.host, configuration.port) = (host, port)
        configuration.pollInterval = .milliseconds(pollMs)
        configuration.concurrency = concurrency ?? compute.threads ?? ProcessInfo.processInfo.activeProcessorCount
        (configuration.queueCapacity, configuration.maximumBodyByteCount) = (queue, maxBody)
        configuration.timeout = .milliseconds(Int(timeout * 1000))
        configuration.maximumConnections = maxConnections
        configuration.clientTimeout = .milliseconds(Int(clientTimeout * 1000))
        configuration.crossOrigins = corsOrigin
        if let decisionLog {
            try OutputPath.isNone(
                of: [
                    "--base": base, "--template": template, "--api-key-file": keys.apiKeyFile,
                    "--clients": keys.clients,
                ],
                decisionLog, as: "--decision-log")
        }
        configuration.decisionLog = decisionLog
        configuration.escalation = try escalation.makeEndpoint()
        configuration.escalationLimits = escalation.makeLimits()
        configuration.threshold = escalation.threshold
        configuration.accessKey = try keys.makeAccessKey()
        configuration.clients = keys.clients
        configuration.servesUnpromoted = unpromoted
        let detail: @Sendable (String) -> Void = { console.detail($0) }
        let server = try RetortServer(
            configuration, workspace: try options.openWorkspace(), say: { console.say($0) },
            warn: { console.warn($0) }, detail: options.verbose ? detail : nil)
        // A signal that came while models were loaded; from here on the server listens for it.
        try Interruption.check()
        try await server.run { url in
            let ready: JSONValue = ["url": .string(url), "pid": .integer(Int(getpid()))]
            console.data(ready.serialized())
            console.say("serving on \(url)")
        }
        return StageReport(stage: Self.commandName)
    }
}
