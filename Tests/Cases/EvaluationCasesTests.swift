import Conversations
import Foundation
import Storage
import Testing
import TestSupport

/// A split says when its figures mean less than they seem to, and a row says one thing.
@Suite(.ownThreads) struct EvaluationCasesTests {
    let folder: ScratchFolder

    init() throws {
        folder = try ScratchFolder()
        try folder.write(
            "task.yaml",
            """
            name: t
            kind: classification
            labels: [{name: refund}, {name: order}]
            prompts: {student: {user: "{input}"}, teacher: {user: "{input}"}}

            """)
    }

    private func evaluate(_ rows: String, _ more: String...) throws -> Executable.Outcome {
        try Executable.run(
            "retort-evaluate",
            [
                "--task", folder.file("task.yaml"), "--base", Checkout.base, "--split",
                try folder.write("split.jsonl", rows), "--output", folder.file("evaluation"), "--no-base",
            ] + more)
    }

    private func row(_ answer: String, label: String, input: String = "my money") -> String {
        """
        {"messages":[{"role":"user","content":"\(input)"},{"role":"assistant","content":"\(answer)"}],\
        "metadata":{"id":"\(ContentDigest(of: input))","input":"\(input)","label":"\(label)"}}

        """
    }

    /// Training learns the message and an evaluation measured the metadata, so that an edit of one of them was never seen.
    @Test func aRowWhoseAnswerIsNotThatOfItsMetadataIsRefused() throws {
        let outcome = try evaluate(row("order", label: "refund"), "--no-baseline")
        #expect(outcome.status == 1)
        #expect(
            outcome.errors.contains("row 1: the assistant's message: 'order', expected 'refund'"), "\(outcome.errors)")
        #expect(try evaluate(row("refund", label: "refund"), "--no-baseline").status == 0)
    }

    @Test func rowsThatRepeatOrWereTrainedOnAreCounted() throws {
        let rows = row("refund", label: "refund") + row("refund", label: "refund")
        let training = rows + row("order", label: "order", input: "one more, please")
        let outcome = try evaluate(rows, "--train", try folder.write("train.jsonl", training))
        #expect(outcome.errors.contains("1 of 2 rows repeat the input of an earlier one"), "\(outcome.errors)")
        #expect(outcome.errors.contains("2 of 2 rows are training rows too"), "\(outcome.errors)")
    }

    /// A merged model is compared with the base that it was made from.
    @Test func aModelIsComparedWithItsBase() throws {
        try randomAdapter().write(to: folder.file("adapter.gguf"))
        let merge = try Executable.run(
            "retort-quantize", Checkout.base, folder.file("merged.gguf"), "F16", "--adapter",
            folder.file("adapter.gguf"))
        try #require(merge.status == 0, "\(merge.errors)")
        let outcome = try Executable.run(
            "retort-evaluate", "--task", folder.file("task.yaml"), "--model", folder.file("merged.gguf"), "--base",
            Checkout.base,
            "--split", try folder.write("split.jsonl", row("refund", label: "refund")), "--no-baseline", "--output",
            folder.file("evaluation"))
        #expect(outcome.status == 0, "\(outcome.errors)")
        let report = try JSONValue(parsing: Data(contentsOf: URL(filePath: folder.file("evaluation/report.json"))))
        #expect(
            report["results"]?["systems"]?.arrayValue?.count == 2,
            "\(report["results"]?.serialized().prefix(400) ?? "")")
    }
}
