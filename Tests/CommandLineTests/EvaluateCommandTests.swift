import Conversations
import Foundation
import Testing

/// The built `retort-evaluate`, with the bundled base.
@Suite struct EvaluateCommandTests {
    private let folder = NSTemporaryDirectory() + "retort-evaluate-\(UUID().uuidString)"
    private let base = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Models/retort-base-6m-f16.gguf").standardizedFileURL.path

    private func write(_ name: String, _ text: String) throws -> String {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
        return "\(folder)/\(name)"
    }

    private func task(gate: String = "") throws -> String {
        try write(
            "task.yaml",
            """
            name: sample
            labels: [{name: refund}, {name: track}]
            prompts:
              student: {system: Name the intent., user: "{input}"}
              teacher: {user: "{input}"}
            gate: {\(gate)}
            """)
    }

    private let rows =
        #"{"messages":[{"role":"user","content":"money back"},{"role":"assistant","content":"refund"}]}"# + "\n"
        + #"{"messages":[{"role":"user","content":"where is it"},{"role":"assistant","content":"track"}]}"# + "\n"

    @Test func aRunWritesThreeFilesAndATable() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let split = try write("split.jsonl", rows)
        let outcome = try Executable.run(
            "retort-evaluate", "--task", try task(), "--split", split, "--train", split, "--base", base, "--output",
            "\(folder)/out")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("linear baseline   100.0 %"))
        let written = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/out").sorted()
        #expect(written == ["predictions.jsonl", "report.html", "report.json"])
        let report = try JSONValue(parsing: try String(contentsOfFile: "\(folder)/out/report.json", encoding: .utf8))
        #expect(report["format"] == "retort.evaluation/1")
        #expect(report["artifact"]?["kind"] == "base")
    }

    @Test func aGateThatDoesNotPassCanRefuse() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let outcome = try Executable.run(
            "retort-evaluate", "--task", try task(gate: "minimum_margin_over_baseline: 0"), "--split",
            try write("split.jsonl", rows), "--base", base, "--output", "\(folder)/out", "--require-pass")
        #expect(outcome.status == 3)
        #expect(
            outcome.errors.contains("error: gate of task sample: not passed: minimum_margin_over_baseline\n"))
    }

    @Test func badInputIsNamed() throws {
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let task = try task()
        func run(_ split: String, base: String? = nil) throws -> Executable.Outcome {
            try Executable.run(
                "retort-evaluate", "--task", task, "--split", split, "--base", base ?? self.base, "--output",
                "\(folder)/out")
        }
        let line = try run(try write("bad.jsonl", rows + "{oops\n"))
        #expect(line.status == 1)
        #expect(line.errors.contains("bad.jsonl:3: not valid JSON"))
        let empty = try run(try write("empty.jsonl", ""))
        #expect(empty.status == 1)
        #expect(empty.errors.contains("empty.jsonl: no rows, expected a split with at least one row"))
        let model = try run(try write("split.jsonl", rows), base: try write("no.gguf", "no model"))
        #expect(model.status == 1)
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/out"))
        #expect(try Executable.run("retort-evaluate", "--task", task, "--split", "x", "--output", "y").status == 64)
    }
}
