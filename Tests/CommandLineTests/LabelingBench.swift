import Foundation
import JSON
import Replay
import TestSupport

/// A folder with a task, interactions and a workspace, and the built `retort-label` to run on them.
struct LabelingBench {
    let folder: ScratchFolder

    /// Sixty texts of three kinds, each a logged interaction; the last ten repeat the first ten.
    static let texts = (0..<50).map { "text \($0) of kind \($0 % 3)" }

    static let recording: [JSONValue] = texts.enumerated().map { index, text in
        ["input": .string(text), "answer": .string(["red", "green", "blue"][index % 3])]
    }

    init(texts: [String] = LabelingBench.texts + LabelingBench.texts.prefix(10)) throws {
        folder = try ScratchFolder()
        let task = """
            name: colors
            labels: [{name: red}, {name: green}, {name: blue}]
            prompts:
              student: {user: "{input}"}
              teacher: {system: "Name the color: {labels}", user: "{input}"}
            """
        try folder.write("task.yaml", task)
        let lines = texts.enumerated().map { index, text in
            let message: JSONValue = ["role": "user", "content": .string(text)]
            let answer: JSONValue = ["role": "assistant", "content": "As you wish."]
            let choice: JSONValue = ["index": 0, "message": answer, "finish_reason": "stop"]
            let record: JSONValue = [
                "timestamp": .integer(1_770_000_000 - index), "request": ["model": "m", "messages": .array([message])],
                "response": ["model": "m", "choices": .array([choice])],
            ]
            return record.serialized() + "\n"
        }
        try folder.write("in.jsonl", lines.joined())
    }

    var output: String { folder.file("labels.jsonl") }

    func bytes() throws -> Data { try Data(contentsOf: URL(fileURLWithPath: output)) }

    /// The `label` of each line by its `input`.
    func labels() throws -> [String: String] {
        var labels: [String: String] = [:]
        for line in try bytes().split(separator: UInt8(ascii: "\n")) {
            let json = try JSONValue(parsing: line)
            if let input = json["input"]?.stringValue { labels[input] = json["label"]?.stringValue }
        }
        return labels
    }

    /// The arguments that every run of a test has.
    func arguments(_ url: String, _ more: [String] = []) -> [String] {
        [
            "--task", folder.file("task.yaml"), "--input", folder.file("in.jsonl"), "--output", output, "--workspace",
            folder.file("workspace"), "--endpoint", url, "--model", "teacher-1", "--price-in", "1000", "--price-out",
            "1000",
            "--json",
        ] + more
    }

    func label(
        _ url: String, _ more: [String] = [], environment: [String: String] = [:],
        whileRunning body: @escaping @Sendable (Process) async throws -> Void = { _ in }
    ) async throws -> Ended {
        try await Ended.of("retort-label", arguments(url, more), environment: environment, whileRunning: body)
    }
}

/// How a program ended.
struct Ended: Sendable {
    let status: Int32
    let wasKilled: Bool
    let output: String
    let talk: String

    func report() throws -> JSONValue { try JSONValue(parsing: output) }
    func count(_ name: String) throws -> Int? { try report()["counts"]?[name]?.integerValue }

    /// Runs an executable that was built beside the tests.
    static func of(
        _ name: String, _ arguments: [String], environment: [String: String] = [:],
        whileRunning body: @escaping @Sendable (Process) async throws -> Void = { _ in }
    ) async throws -> Ended {
        let folder = try ScratchFolder()
        let output = folder.file("output")
        let process = Executable.process(name, arguments)
        process.environment = environment
        for suffix in ["out", "err"] {
            _ = FileManager.default.createFile(atPath: "\(output).\(suffix)", contents: nil)
        }
        process.standardOutput = FileHandle(forWritingAtPath: output + ".out")
        process.standardError = FileHandle(forWritingAtPath: output + ".err")
        let (exits, exit) = AsyncStream.makeStream(of: Void.self)
        process.terminationHandler = { _ in exit.finish() }
        try process.run()
        try await body(process)
        for await _ in exits {}
        let texts = try ["out", "err"].map { try String(contentsOfFile: "\(output).\($0)", encoding: .utf8) }
        return Ended(
            status: process.terminationStatus, wasKilled: process.terminationReason == .uncaughtSignal,
            output: texts[0], talk: texts[1])
    }
}

/// A replay server in this process that knows the bench's texts.
func rehearsal(
    _ configure: (inout ReplayServer.Options) throws -> Void = { _ in },
    recording: [JSONValue] = LabelingBench.recording
) throws -> ReplayServer {
    var options = ReplayServer.Options()
    try configure(&options)
    return ReplayServer(recording: try Recording(lines: recording), options: options)
}

extension ReplayServer {
    func statistic(_ name: String) -> Int { statistics[name]?.integerValue ?? -1 }
}
