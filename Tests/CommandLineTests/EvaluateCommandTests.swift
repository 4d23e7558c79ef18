import Foundation
import JSON
import Testing
import TestSupport

/// The built `retort-evaluate`, with the bundled base.
@Suite(.ownThreads) struct EvaluateCommandTests {
    private let folder: ScratchFolder

    init() throws { folder = try ScratchFolder() }

    @Test func aRunWritesThreeFilesAndATable() throws {
        let split = try folder.write("split.jsonl", ScratchFolder.rows)
        let outcome = try Executable.run(
            "retort-evaluate", "--task", try folder.writeTask(), "--split", split, "--train", split, "--base",
            Checkout.base, "--output", "\(folder)/out")
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("linear baseline   100.0 %"))
        let written = try FileManager.default.contentsOfDirectory(atPath: "\(folder)/out").sorted()
        #expect(written == ["predictions.jsonl", "report.html", "report.json"])
        let report = try JSONValue(parsing: try String(contentsOfFile: "\(folder)/out/report.json", encoding: .utf8))
        #expect(report["format"] == "retort.evaluation/1")
        #expect(report["artifact"]?["kind"] == "base")
    }

    @Test func aGateThatDoesNotPassCanRefuse() throws {
        let outcome = try Executable.run(
            "retort-evaluate", "--task", try folder.writeTask(gate: "minimum_margin_over_baseline: 0"), "--split",
            try folder.write("split.jsonl", ScratchFolder.rows), "--base", Checkout.base, "--output", "\(folder)/out",
            "--require-pass")
        #expect(outcome.status == 3)
        #expect(
            outcome.errors.contains(
                "error: gate of task sample: not passed: minimum_margin_over_baseline: not evaluated, asked 0.0\n"))
    }

    @Test func badInputIsNamed() throws {
        let task = try folder.writeTask()
        func run(_ split: String, base: String? = nil) throws -> Executable.Outcome {
            try Executable.run(
                "retort-evaluate", "--task", task, "--split", split, "--base", base ?? Checkout.base, "--output",
                "\(folder)/out")
        }
        let line = try run(try folder.write("bad.jsonl", ScratchFolder.rows + "{oops\n"))
        #expect(line.status == 1)
        #expect(line.errors.contains("bad.jsonl:3: not valid JSON"))
        let empty = try run(try folder.write("empty.jsonl", ""))
        #expect(empty.status == 1)
        #expect(empty.errors.contains("empty.jsonl: no rows, expected a split with at least one row"))
        let model = try run(
            try folder.write("split.jsonl", ScratchFolder.rows), base: try folder.write("no.gguf", "no model"))
        #expect(model.status == 1)
        #expect(!FileManager.default.fileExists(atPath: "\(folder)/out"))
        #expect(try Executable.run("retort-evaluate", "--task", task, "--split", "x", "--output", "y").status == 64)
    }
}
