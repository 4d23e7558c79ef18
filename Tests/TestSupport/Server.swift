public import Foundation
public import HTTPTransport
public import JSON

/// The real `retort-serve`, run as a user runs it, and a client for it.
public final class Server: @unchecked Sendable {
    // Sendable holds: the process is started in `init`, and afterwards only asked for its state, signaled and awaited,
    // which Foundation's Process allows from any thread; everything else is immutable.
    public let process: Process
    public let url: String
    private let folder: ScratchFolder
    private let client = HTTPClient()

    public struct StartFailure: Error {
        public var status: Int32
        public var errors: String
    }

    /// Starts a server on a free port and waits until it is ready.
    ///
    /// - Parameter limits: those of `prlimit` that the server runs under: `--nofile=64:64`.
    /// - Throws: ``StartFailure`` with exit status and stderr when it ends instead.
    public init(_ arguments: [String], environment: [String: String] = [:], port: Int = 0, limits: [String] = [])
        async throws
    {
        let folder = try ScratchFolder()
        try folder.write("errors", "")
        let arguments = arguments + ["--port", String(port), "--poll-ms", "5"]
        let process =
            limits.isEmpty
            ? Executable.process("retort-serve", arguments)
            : Executable.process(
                "prlimit", limits + ["--", "\(Executable.folder)/retort-serve"] + arguments, in: "/usr/bin")
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let output = Pipe()
        process.standardOutput = output
        process.standardError = FileHandle(forWritingAtPath: folder.file("errors"))
        try process.run()
        let reader = output.fileHandleForReading
        let line = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                var data = Data()
                while !data.contains(UInt8(ascii: "\n")) {
                    let piece = reader.availableData
                    if piece.isEmpty { break }
                    data += piece
                }
                continuation.resume(returning: data)
            }
        }
        guard let ready = try? JSONValue(parsing: line), let url = ready["url"]?.stringValue else {
            process.waitUntilExit()
            throw StartFailure(
                status: process.terminationStatus,
                errors: try String(contentsOfFile: folder.file("errors"), encoding: .utf8))
        }
        self.process = process
        self.url = url
        self.folder = folder
    }

    deinit {
        if process.isRunning { kill(process.processIdentifier, SIGKILL) }
    }

    /// What the server said on stderr.
    public var errors: String { get throws { try String(contentsOfFile: folder.file("errors"), encoding: .utf8) } }

    /// Asks for a graceful end and gives the exit status.
    public func stop() async -> Int32 {
        kill(process.processIdentifier, SIGTERM)
        return await withCheckedContinuation { continuation in
            DispatchQueue.global().async { [process] in
                process.waitUntilExit()
                continuation.resume(returning: process.terminationStatus)
            }
        }
    }

    public func send(
        _ method: String, _ path: String, body: [UInt8]? = nil, headers: HTTPHeaders = HTTPHeaders()
    ) async throws -> HTTPResponse {
        try await client.send(HTTPRequest(method, url + path, headers: headers, body: body))
    }

    public func get(_ path: String) async throws -> JSONValue {
        try JSONValue(parsing: try await send("GET", path).body)
    }

    public func post(_ path: String, _ json: JSONValue, headers: HTTPHeaders = HTTPHeaders()) async throws
        -> HTTPResponse
    {
        try await send("POST", path, body: json.serializedBytes(), headers: headers)
    }

    /// One user message to a model, with further fields.
    public func chat(_ model: String, _ text: String, _ fields: [(key: String, value: JSONValue)] = []) async throws
        -> Reply
    {
        var body = JSONObject([
            (key: "model", value: .string(model)),
            (key: "messages", value: [["role": "user", "content": .string(text)]]),
        ])
        for field in fields { body[field.key] = field.value }
        return try Reply(try await post("/v1/chat/completions", .object(body)))
    }

    /// Waits until a condition on `/healthz` holds; false after a minute.
    public func waitForHealth(_ isReached: (JSONValue) -> Bool) async throws -> Bool {
        for _ in 0..<6000 {
            if isReached(try await get("/healthz")) { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }
}
